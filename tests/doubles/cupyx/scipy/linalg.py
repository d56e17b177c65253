"""Linear algebra that SciPy has and NumPy lacks; unlike SciPy's, of batches of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from cupy._memory import launched


def solve_triangular(
    a: Any,
    b: Any,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = False,
) -> Any:
    """The solution of triangular systems; raises ValueError for batches that differ, which CuPy doesn't broadcast."""
    if trans not in (0, "N") or overwrite_b or check_finite:
        raise NotImplementedError("the double solves a x = b alone")
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError("expected a batch of square matrices")
    if a.shape[:-1] != b.shape[: a.ndim - 1]:
        raise ValueError("incompatible dimensions")

    def solve(matrices: np.ndarray, right: np.ndarray) -> np.ndarray:
        triangle = np.tril(matrices) if lower else np.triu(matrices)
        places = np.arange(triangle.shape[-1])
        if unit_diagonal:
            triangle[..., places, places] = 1
        if not triangle[..., places, places].all():
            return np.full_like(right, np.nan)
        return np.linalg.solve(triangle, right)

    return launched(solve, (a, b), {})
