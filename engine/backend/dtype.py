"""The element types, their categories and PyTorch's lattice of promotions between two of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import ml_dtypes
import numpy as np

BOOL, INTEGER, FLOATING, COMPLEX = 0, 1, 2, 3


class dtype:
    """An element type (torch.dtype); `category` is BOOL to COMPLEX, kinds are made of its `code`."""

    __slots__ = ("category", "code", "name", "numpy")

    def __init__(self, name: str, code: int, category: int) -> None:
        self.name = name
        self.code = code
        self.category = category
        self.numpy = np.dtype(getattr(ml_dtypes, name, name))

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.numpy.itemsize

    @property
    def is_floating_point(self) -> bool:
        """Whether the elements are real numbers with a fraction (torch.dtype.is_floating_point)."""
        return self.category == FLOATING

    @property
    def is_complex(self) -> bool:
        """Whether the elements have an imaginary part (torch.dtype.is_complex)."""
        return self.category == COMPLEX

    @property
    def is_differentiable(self) -> bool:
        """Whether gradients can flow through this type."""
        return self.category >= FLOATING

    @property
    def is_signed(self) -> bool:
        """Whether the type holds negative numbers (torch.dtype.is_signed)."""
        return self.category >= FLOATING or self.numpy.kind == "i"

    def to_real(self) -> dtype:
        """The type of a real part; itself for types that are not complex (torch.dtype.to_real)."""
        return REAL_OF.get(self, self)

    def to_complex(self) -> dtype:
        """The complex type whose parts hold this floating type, complex64 at least (torch.dtype.to_complex)."""
        return self if self.category == COMPLEX else complex128 if self is float64 else complex64

    def __repr__(self) -> str:
        return f"engine.{self.name}"

    def __reduce__(self) -> str:
        return f"{'bool_' if self.name == 'bool' else self.name}"


bool_ = dtype("bool", 0, BOOL)
uint8 = dtype("uint8", 1, INTEGER)
int8 = dtype("int8", 2, INTEGER)
int16 = dtype("int16", 3, INTEGER)
int32 = dtype("int32", 4, INTEGER)
int64 = dtype("int64", 5, INTEGER)
float16 = dtype("float16", 6, FLOATING)
float32 = dtype("float32", 7, FLOATING)
float64 = dtype("float64", 8, FLOATING)
bfloat16 = dtype("bfloat16", 9, FLOATING)
complex64 = dtype("complex64", 10, COMPLEX)
complex128 = dtype("complex128", 11, COMPLEX)

DTYPES: tuple[dtype, ...] = (
    bool_, uint8, int8, int16, int32, int64, float16, float32, float64, bfloat16, complex64, complex128,
)  # fmt: skip
REAL_OF: dict[dtype, dtype] = {complex64: float32, complex128: float64}
BY_NAME: dict[str, dtype] = {each.name: each for each in DTYPES}
CODE_OF_NUMPY: dict[Any, int] = {each.numpy: each.code for each in DTYPES}

_default: dtype = float32


def get_default_dtype() -> dtype:
    """The floating type of new tensors made from Python floats, float32 at the start (torch.get_default_dtype)."""
    return _default


def set_default_dtype(default: dtype) -> None:
    """Choose the floating type of new tensors; TypeError for one that is not floating (torch.set_default_dtype)."""
    global _default
    if not isinstance(default, dtype) or not default.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {default!r}")
    _default = default


def dtype_of(array: Any) -> dtype:
    """The dtype of an array; raises TypeError for one that the engine does not have."""
    return as_dtype(array.dtype)


def as_dtype(given: Any) -> dtype:
    """A dtype from one of ours, a NumPy dtype or a name; raises TypeError for one that the engine does not have."""
    if isinstance(given, dtype):
        return given
    if isinstance(given, np.dtype) and given in CODE_OF_NUMPY:
        return DTYPES[CODE_OF_NUMPY[given]]
    name = given if isinstance(given, str) else np.dtype(given).name
    if name not in BY_NAME:
        raise TypeError(f"the engine has no dtype {name}; it has {', '.join(BY_NAME)}")
    return BY_NAME[name]


@cache
def promote_types(first: dtype, second: dtype) -> dtype:
    """The smallest type that both convert to, of at least the higher category (torch.promote_types)."""
    if first is second:
        return first
    low, high = sorted((first, second), key=lambda each: (each.category, each.itemsize, each.code))
    if low.category != high.category:
        return complex128 if low is float64 and high is complex64 else high
    if low is uint8 and high is int8:
        return int16
    if low is float16 and high is bfloat16:
        return float32
    return high
