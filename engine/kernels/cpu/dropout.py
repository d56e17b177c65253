"""Dropout: result and mask in one pass over the elements, and that mask over gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import BOOL, is_plain
from engine.kernels.cpu.chunks import CHUNK, LEAST, SERIAL
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.philox import below, seed_of, threshold_of
from engine.kernels.kernel import Kernel


@compiled
def _scale_kept(y: Any, x: Any, mask: Any, scale: Any) -> None:
    for place in range(x.size):
        y[place] = x[place] * scale if mask[place] else np.float32(0)


@compiled
def _drop(y: Any, mask: Any, x: Any, first: int, seed: Any, offset: Any, threshold: Any, scale: Any) -> None:
    below(mask, first // 4, seed, offset, threshold)
    _scale_kept(y, x, mask, scale)


@parallel
def _drop_in_parallel(
    y: Any, mask: Any, x: Any, chunks: int, seed: Any, offset: Any, threshold: Any, scale: Any
) -> None:
    for chunk in prange(chunks):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, x.size)
        _drop(y[start:stop], mask[start:stop], x[start:stop], start, seed, offset, threshold, scale)


@parallel
def _scale_kept_in_parallel(y: Any, x: Any, mask: Any, chunks: int, scale: Any) -> None:
    for chunk in prange(chunks):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, x.size)
        _scale_kept(y[start:stop], x[start:stop], mask[start:stop], scale)


def scale_of(p: float) -> float:
    """What the elements that dropout keeps are multiplied by."""
    return 1 / (1 - float(p)) if p < 1 else 0.0


def _dropped(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    y, mask, x = outputs[0].reshape(-1), outputs[1].reshape(-1), inputs[0].reshape(-1)
    p, draw = attributes
    chance = seed_of(draw.seed), np.uint64(draw.offset), threshold_of(1 - p), np.float32(scale_of(p))
    if x.size > SERIAL:
        _drop_in_parallel(y, mask, x, -(-x.size // CHUNK), *chance)
    else:
        _drop(y, mask, x, 0, *chance)


def _spread(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    y, x, mask = outputs[0].reshape(-1), inputs[0].reshape(-1), inputs[1].reshape(-1)
    scale = np.float32(scale_of(attributes[0]))
    if x.size > SERIAL:
        _scale_kept_in_parallel(y, x, mask, -(-x.size // CHUNK), scale)
    else:
        _scale_kept(y, x, mask, scale)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    return is_plain(inputs[0])


def _accepts_mask(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    x, mask = inputs
    return x.shape == mask.shape and is_plain(x) and is_plain(mask, BOOL)


dropout = Kernel(_dropped, _accepts, overwrites=((0, 0),), least=LEAST)
dropout_backward = Kernel(_spread, _accepts_mask, overwrites=((0, 0),), least=LEAST)
