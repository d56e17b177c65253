"""What the numbers of an element type can be: finfo for floating types, iinfo for integers."""

from __future__ import annotations

import ml_dtypes
import numpy as np

from engine.backend.dtype import INTEGER, dtype, get_default_dtype


class finfo:
    """Limits of a floating type, the default one if none is given; of a complex type's parts (torch.finfo).

    Raises TypeError for other types.
    """

    def __init__(self, type: dtype | None = None) -> None:
        kind = get_default_dtype() if type is None else type
        if not isinstance(kind, dtype) or not kind.is_differentiable:
            raise TypeError(f"finfo() requires a floating point input type, got {kind!r}; use iinfo for integers")
        found = ml_dtypes.finfo(kind.to_real().numpy)
        self.bits = int(found.bits)
        self.eps = float(found.eps)
        self.max = float(found.max)
        self.min = float(found.min)
        self.tiny = self.smallest_normal = float(found.smallest_normal)
        self.resolution = 10.0 ** -int(found.precision)
        self.dtype = kind.to_real().name

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
            f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer type (torch.iinfo); TypeError for other types."""

    def __init__(self, type: dtype) -> None:
        if not isinstance(type, dtype) or type.category != INTEGER:
            raise TypeError(f"iinfo() requires an integer input type, got {type!r}; use finfo for floating types")
        found = np.iinfo(type.numpy)
        self.bits, self.min, self.max, self.dtype = int(found.bits), int(found.min), int(found.max), type.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
