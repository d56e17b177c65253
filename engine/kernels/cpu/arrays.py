"""What kernels ask of arrays before they take them."""

from __future__ import annotations

from typing import Any

import numpy as np

FLOAT32, BOOL, INT64 = np.dtype(np.float32), np.dtype(np.bool_), np.dtype(np.int64)


def is_plain(array: Any, dtype: np.dtype = FLOAT32) -> bool:
    """Whether this is an array of that type whose elements lie in row-major order without gaps, aligned."""
    return isinstance(array, np.ndarray) and array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned
