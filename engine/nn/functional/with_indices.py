"""Pooling that also tells where the largest elements are, under PyTorch's names for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from engine.nn.functional.adaptive_pooling import adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d
from engine.nn.functional.fractional_pooling import fractional_max_pool2d, fractional_max_pool3d
from engine.nn.functional.max_pooling import max_pool1d, max_pool2d, max_pool3d


def with_indices(pool: Callable[..., Any]) -> Callable[..., Any]:
    """The pooling function, giving values and indices whatever its `return_indices` says."""

    @functools.wraps(pool)
    def pooled(*args: Any, return_indices: bool = True, **options: Any) -> Any:
        return pool(*args, return_indices=True, **options)

    return pooled


max_pool1d_with_indices = with_indices(max_pool1d)
max_pool2d_with_indices = with_indices(max_pool2d)
max_pool3d_with_indices = with_indices(max_pool3d)
adaptive_max_pool1d_with_indices = with_indices(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = with_indices(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = with_indices(adaptive_max_pool3d)
fractional_max_pool2d_with_indices = with_indices(fractional_max_pool2d)
fractional_max_pool3d_with_indices = with_indices(fractional_max_pool3d)
