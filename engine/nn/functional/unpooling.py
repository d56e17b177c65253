"""Max unpooling: the largest elements back at the places they were picked from, zeros elsewhere."""

from __future__ import annotations

import math
from typing import Any

from engine.ops.indices.scattering import scatter
from engine.ops.signals.sliding import each_dim, kernel_and_stride


def max_unpool1d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """[N, C, L] or [C, L] and positions from max_pool1d: the input at these positions, zeros elsewhere."""
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """[N, C, H, W] or [C, H, W] and positions from max_pool2d: the input at these positions, zeros elsewhere.

    `output_size` chooses among the lengths that pool to the input's; raises ValueError for others.
    """
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:
    """[N, C, D, H, W] or [C, D, H, W] and positions from max_pool3d: the input at these positions, zeros elsewhere."""
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)


def _unpooled(
    rank: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any
) -> Any:
    kernel, steps = kernel_and_stride(kernel_size, stride, rank)
    lengths = _lengths(input, kernel, steps, each_dim("padding", padding, rank), output_size)
    _check(rank, input, indices)
    plane = math.prod(lengths)
    places = indices.flatten(-rank)
    # On a GPU nobody waits to look.
    if places.device.type == "cpu" and places.numel() and not 0 <= places.min().item() <= places.max().item() < plane:
        raise RuntimeError(
            f"Found an invalid max index: they reach from {places.min().item()} to {places.max().item()}, but the "
            f"output {list(lengths)} has {plane} elements"
        )
    empty = input.new_zeros((*input.shape[:-rank], plane))
    return scatter(empty, -1, places, input.flatten(-rank)).reshape((*input.shape[:-rank], *lengths))


def _check(rank: int, input: Any, indices: Any) -> None:
    if input.ndim not in (rank + 1, rank + 2) or 0 in input.shape[-rank - 1 :]:
        raise RuntimeError(
            f"max_unpool{rank}d(): Expected {rank + 1}D or {rank + 2}D tensor with non-zero size for non-batch "
            f"dimensions, but got {list(input.shape)}"
        )
    if indices.shape != input.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(input.shape)}) but got indices "
            f"tensor with shape: {list(indices.shape)}"
        )
    if indices.dtype.name != "int64":
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype}")


def _lengths(
    input: Any, kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...], output_size: Any
) -> tuple[int, ...]:
    rank = len(kernel)
    usual = tuple(
        (count - 1) * step + size - 2 * pad
        for count, step, size, pad in zip(input.shape[-rank:], stride, kernel, padding, strict=True)
    )
    if output_size is None:
        return usual
    given = tuple(output_size)
    given = given[2:] if len(given) == rank + 2 else given
    if len(given) != rank:
        raise ValueError(
            f"output_size should be a sequence containing {rank} or {rank + 2} elements, but it has a length of "
            f"'{len(given)}'"
        )
    for dim, (length, middle, step) in enumerate(zip(given, usual, stride, strict=True)):
        if not middle - step < length < middle + step:
            raise ValueError(
                f"invalid output_size {output_size} (dim {dim} must be between {middle - step} and {middle + step})"
            )
    return given
