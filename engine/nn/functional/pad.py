"""Padding: elements added around a tensor, or taken off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.creation import arange
from engine.ops.joining import cat

MODES = ("constant", "reflect", "replicate", "circular")


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Add pad[0] elements before and pad[1] after the last dimension, pad[2] and pad[3] around the one before, etc.

    `constant` adds `value` (0 by default), `reflect` mirrors without the edge, `replicate` repeats the edge, `circular`
    goes round; negative numbers take elements off. Raises RuntimeError for pads that don't fit.
    """
    if mode not in MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}; allowed are {', '.join(MODES)}")
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise RuntimeError(
            f"Padding length must be divisible by 2 and at most twice the number of dimensions of the input, "
            f"got {len(pad)} for shape {list(input.shape)}"
        )
    if mode != "constant" and value is not None:
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    for position in range(0, len(pad), 2):
        dim = input.ndim - 1 - position // 2
        before, after = pad[position], pad[position + 1]
        if mode == "constant":
            input = _with_constant(input, dim, before, after, 0 if value is None else value)
        elif before or after:
            input = input.index_select(dim, _positions(input, dim, before, after, mode))
    return input


def _with_constant(input: Any, dim: int, before: int, after: int, value: float) -> Any:
    length = input.shape[dim]
    if length + before + after < 0:
        raise RuntimeError(
            f"The input size {length}, plus negative padding {before} and {after} resulted in a negative output size: "
            f"check dimension {dim} of your input"
        )
    kept = input.narrow(dim, max(0, -before), length - max(0, -before) - max(0, -after))
    blocks = [_block(input, dim, before, value), kept, _block(input, dim, after, value)]
    return cat([block for block in blocks if block is not None], dim) if before > 0 or after > 0 else kept


def _block(input: Any, dim: int, length: int, value: float) -> Any:
    if length <= 0:
        return None
    return input.new_full((*input.shape[:dim], length, *input.shape[dim + 1 :]), value)


def _positions(input: Any, dim: int, before: int, after: int, mode: str) -> Any:
    length = input.shape[dim]
    longest = length - 1 if mode == "reflect" else length
    if mode != "replicate" and max(before, after) > longest:
        raise RuntimeError(
            f"Padding size should be at most {longest} to {mode} dimension {dim} of input {list(input.shape)}, "
            f"but got padding ({before}, {after})"
        )
    positions = arange(-before, length + after, device=input.device)
    if mode == "reflect":
        return length - 1 - (length - 1 - positions.abs()).abs()
    return positions.clamp(0, length - 1) if mode == "replicate" else positions % length
