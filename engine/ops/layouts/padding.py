"""Padding: elements added around a tensor's last dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import wrap
from engine.backend.namespace import xp
from engine.ops.dimensions import sizes
from engine.ops.indices.gathering import index_select
from engine.ops.indices.indexing import spec_of
from engine.ops.layouts.conversion import to

Shape = tuple[int, ...]

# NumPy's names of PyTorch's modes.
MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _pairs(rank: int, pad: Shape) -> list[tuple[int, int]]:
    """What is added before and after each dimension, of which `pad` names the last one first."""
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, got {list(pad)}")
    if len(pad) > 2 * rank:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} "
            f"and input of dimension {rank}"
        )
    given = [(pad[place], pad[place + 1]) for place in range(0, len(pad), 2)]
    return [(0, 0)] * (rank - len(given)) + given[::-1]


def _padded_shape(input: Spec, pad: Shape, value: float = 0.0) -> Spec:
    lengths = [
        before + length + after for length, (before, after) in zip(input.shape, _pairs(input.ndim, pad), strict=True)
    ]
    if any(length < 0 for length in lengths):
        raise RuntimeError(
            f"padding {list(pad)} takes more from the input of shape {list(input.shape)} than it has: the result "
            "would have "
            f"shape {lengths}"
        )
    return Spec(tuple(lengths), input.dtype)


@op(shape=_padded_shape, types="keep", complex="holomorphic")
def constant_pad_nd(input: Array, pad: Shape, value: float = 0.0) -> Any:
    """The input with one value around it; negative padding takes elements away (torch.nn.functional.pad)."""
    result = xp(input).full(_padded_shape(spec_of(input), pad).shape, value, input.dtype)
    pairs = list(zip(input.shape, _pairs(input.ndim, pad), strict=True))
    source = tuple(slice(max(0, -before), length - max(0, -after)) for length, (before, after) in pairs)
    target = tuple(slice(max(0, before), before + length + min(0, after)) for length, (before, after) in pairs)
    result[target] = input[source]
    return result


constant_pad_nd.gradient(input=lambda g, pad: constant_pad_nd(g, tuple(-each for each in pad)))


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """The input padded, the last dimension first, in one of four modes (torch.nn.functional.pad).

    `constant` adds `value` (0 by default), `reflect` mirrors without the edge, `replicate` repeats the edge, `circular`
    goes round; negative numbers take elements off. Raises RuntimeError for pads that don't fit, NotImplementedError
    for more or fewer dimensions than PyTorch pads in a mode.
    """
    given = sizes((tuple(pad),))
    if mode == "constant":
        return constant_pad_nd(input, given, 0.0 if value is None else value)
    if mode not in MODES:
        raise NotImplementedError(f"Unrecognised padding mode {mode}; there are constant, {', '.join(MODES)}")
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument, got {value}')
    pairs = _pairs(input.ndim, given)
    if not 1 <= len(given) // 2 <= 3 or input.ndim - len(given) // 2 not in (1, 2):
        raise NotImplementedError(f"Padding size {len(given)} is not supported for {input.ndim}D input tensor.")
    for place, (before, after) in enumerate(pairs):
        if before or after:
            input = index_select(input, place, _source_positions(input, place, before, after, mode))
    return input


def _source_positions(input: Any, place: int, before: int, after: int, mode: str) -> Any:
    _check_fit(input.shape, place, before, after, mode)
    length = input.shape[place]
    kept = np.arange(max(0, -before), length - max(0, -after))
    whole = kept if mode == "circular" else np.arange(length)
    wide = np.pad(whole, (max(before, 0), max(after, 0)), mode=MODES[mode])  # type: ignore[call-overload]
    if mode != "circular":
        wide = wide[max(0, -before) : len(wide) - max(0, -after)]
    return to(wrap(input.result_class, wide), device=input.device)


def _check_fit(shape: Shape, place: int, before: int, after: int, mode: str) -> None:
    length, got = shape[place], f"padding ({before}, {after}) at dimension {place} of input {list(shape)}"
    if mode == "circular" and max(before, after) > length:
        raise RuntimeError(f"Padding value causes wrapping around more than once: {got}")
    if mode == "reflect" and max(before, after) >= max(length, 1):
        raise RuntimeError(f"Padding size should be less than the corresponding input dimension, but got: {got}")
    if not length:
        raise RuntimeError(f"Expected a tensor with non-zero dimensions where it is padded, but got: {got}")
    if length + before + after < (0 if mode == "circular" else 1):
        raise RuntimeError(f"the input of length {length} is too small, {length + before + after} would be left: {got}")
