"""Fractional max pooling: the largest element of windows at random distances."""

from __future__ import annotations

from typing import Any

from engine.ops.signals.fractional_pooling import fractional_max_pool
from engine.ops.signals.sliding import each_dim
from engine.random import rand


def fractional_max_pool2d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest element of `output_size` windows, or of that ratio of the lengths, over the last two dimensions.

    The windows lie at random distances drawn for each plane, or given as `_random_samples` [N, C, 2].
    Raises ValueError unless a size or a ratio is given.
    """
    return _pooled(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d(
    input: Any,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:
    """The largest element of `output_size` windows, or of that ratio of the lengths, over the last three dimensions.

    The windows lie at random distances drawn for each plane, or given as `_random_samples` [N, C, 3].
    Raises ValueError unless a size or a ratio is given.
    """
    return _pooled(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def _pooled(
    rank: int, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, return_indices: bool, samples: Any
) -> Any:
    if input.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"fractional_max_pool{rank}d(): Expected {rank + 1}D or {rank + 2}D tensor, but got: {list(input.shape)}"
        )
    if output_size is None and output_ratio is None:
        raise ValueError(f"fractional_max_pool{rank}d requires specifying either an output_size or an output_ratio")
    if output_size is None:
        ratios = each_dim("output_ratio", output_ratio, rank)
        output_size = tuple(int(length * ratio) for length, ratio in zip(input.shape[-rank:], ratios, strict=True))
    if samples is None:
        batch = input.shape[0] if input.ndim == rank + 2 else 1
        samples = rand(batch, input.shape[-rank - 1], rank, dtype=input.dtype, device=input.device)
    kernel, counts = each_dim("kernel_size", kernel_size, rank), each_dim("output_size", output_size, rank)
    selected = fractional_max_pool(input, samples, kernel, counts)
    return selected if return_indices else selected.values
