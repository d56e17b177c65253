"""Adaptive pooling: windows as large as it takes to have so many of them."""

from __future__ import annotations

from typing import Any

from engine.ops.signals.adaptive_pooling import adaptive_avg_pool, adaptive_max_pool

Sizes = int | None | tuple[int | None, ...]


def adaptive_avg_pool1d(input: Any, output_size: Sizes) -> Any:
    """The mean of each of `output_size` windows that cover the last dimension."""
    return adaptive_avg_pool(input, _lengths(1, input, output_size))


def adaptive_avg_pool2d(input: Any, output_size: Sizes) -> Any:
    """The mean of each of `output_size` windows that cover the last two dimensions; None keeps a length."""
    return adaptive_avg_pool(input, _lengths(2, input, output_size))


def adaptive_avg_pool3d(input: Any, output_size: Sizes) -> Any:
    """The mean of each of `output_size` windows that cover the last three dimensions; None keeps a length."""
    return adaptive_avg_pool(input, _lengths(3, input, output_size))


def adaptive_max_pool1d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest element of each of `output_size` windows that cover the last dimension, and where it is if asked."""
    return _largest(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest element of each of `output_size` windows that cover the last two dimensions; None keeps a length."""
    return _largest(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest element of each of `output_size` windows that cover the last three dimensions; None keeps one."""
    return _largest(3, input, output_size, return_indices)


def _largest(rank: int, input: Any, output_size: Sizes, return_indices: bool) -> Any:
    selected = adaptive_max_pool(input, _lengths(rank, input, output_size))
    return selected if return_indices else selected.values


def _lengths(rank: int, input: Any, output_size: Sizes) -> tuple[int, ...]:
    given = (output_size,) * rank if isinstance(output_size, int | None) else tuple(output_size)
    if len(given) != rank:
        raise RuntimeError(f"adaptive pooling over {rank}D: output_size must have {rank} elements, got {output_size}")
    if input.ndim <= rank:
        message = f"Input dimension should be at least {rank + 1}, got shape {list(input.shape)}"
        # PyTorch's Python face looks at sequences of lengths, its core at the rest.
        raise (ValueError if rank > 1 and not isinstance(output_size, int | None) else RuntimeError)(message)
    return tuple(length if each is None else each for each, length in zip(given, input.shape[-rank:], strict=True))
