"""Creation: tensors from data and from numbers alone, under PyTorch's names and with its defaults."""

from engine.creation.data import (
    as_tensor,
    asarray,
    from_numpy,
    frombuffer,
    is_floating_point,
    is_tensor,
    numel,
    set_default_dtype,
    tensor,
)
from engine.creation.filled import empty, empty_permuted, empty_strided, eye, full, ones, scalar_tensor, zeros
from engine.creation.ranges import arange, linspace, logspace, tril_indices, triu_indices
from engine.creation.twins import empty_like, full_like, ones_like, zeros_like

__all__ = [
    "arange",
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "eye",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "is_floating_point",
    "is_tensor",
    "linspace",
    "logspace",
    "numel",
    "ones",
    "ones_like",
    "scalar_tensor",
    "set_default_dtype",
    "tensor",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]
