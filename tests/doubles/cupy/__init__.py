"""CuPy 14.2 as NumPy in disguise: for tests of code that must not forget which memory its arrays are in."""

from __future__ import annotations

from typing import Any

import numpy as _np

from cupy import cuda, fft, lib, linalg
from cupy._array import ndarray
from cupy._creation import (
    argsort,
    argwhere,
    array,
    asarray,
    asnumpy,
    copyto,
    flatnonzero,
    get_array_module,
    matmul,
    may_share_memory,
    ndim,
    nonzero,
    result_type,
    shares_memory,
    sort,
    where,
)
from cupy._functions import FUNCTIONS
from cupy._ufuncs import UFUNCS, ufunc

__version__ = "14.2.0"

# Plain NumPy objects in CuPy too.
_SHARED = """
bool bool_ broadcast_shapes can_cast complex128 complex64 dtype e euler_gamma finfo float16 float32 float64
floating generic iinfo inf int16 int32 int64 int8 integer intp isscalar issubdtype nan ndindex newaxis number pi
promote_types signedinteger uint16 uint32 uint64 uint8 unsignedinteger
"""

globals().update(FUNCTIONS, **UFUNCS)
globals().update({name: getattr(_np, name) for name in _SHARED.split()})
AxisError = _np.exceptions.AxisError


_pool = cuda.MemoryPool()


def get_default_memory_pool() -> cuda.MemoryPool:
    """What holds the memory of the devices."""
    return _pool


def __getattr__(name: str) -> Any:
    raise AttributeError(f"module 'cupy' has no attribute {name!r}: CuPy lacks it, or its double has not learnt it yet")


__all__ = [
    "argsort",
    "argwhere",
    "array",
    "asarray",
    "asnumpy",
    "copyto",
    "cuda",
    "fft",
    "flatnonzero",
    "get_array_module",
    "get_default_memory_pool",
    "lib",
    "linalg",
    "matmul",
    "may_share_memory",
    "ndarray",
    "ndim",
    "nonzero",
    "result_type",
    "shares_memory",
    "sort",
    "ufunc",
    "where",
]
