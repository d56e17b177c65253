"""Uniform and normal numbers as engine.backend.philox draws them: the former to the bit, the latter to rounding."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import FLOAT32, is_plain
from engine.kernels.cpu.chunks import CHUNK, LEAST, SERIAL
from engine.kernels.cpu.exponential import log
from engine.kernels.cpu.jit import compiled, inlined, parallel, prange
from engine.kernels.cpu.philox import block_words, seed_of
from engine.kernels.kernel import Kernel

_SPARE_BITS = np.uint64(8)
_UNIT_OF_MANTISSA, _UNIT_OF_WORD = np.float32(2.0**-24), np.float32(2.0**-32)
_HALF, _ONE, _TWO, _FOUR, _QUARTER = (np.float32(each) for each in (0.5, 1, 2, 4, 0.25))
_TURN = np.float32(2 * math.pi)

# (sin(z) / z - 1) / z² and (cos(z) - 1 + z²/2) / z⁴ by powers of z², for |z| <= pi / 4, interpolated where Chebyshev's
# polynomials are zero.
_S0, _S1, _S2, _S3 = (
    np.float32(each)
    for each in (-0.1666666716337204, 0.008333331905305386, -0.00019840087043121457, 2.7249925551586784e-06)
)
_C0, _C1, _C2 = (np.float32(each) for each in (0.0416666641831398, -0.001388830249197781, 2.454794230288826e-05))


@inlined
def _fraction(word: Any) -> Any:
    """The highest 24 bits of a word as a number in [0, 1)."""
    return np.float32(np.int64(word >> _SPARE_BITS)) * _UNIT_OF_MANTISSA


@inlined
def _normal_pair(word: Any, other: Any) -> Any:
    """Two normal numbers by the Box-Muller transform."""
    radius = math.sqrt(-_TWO * log((np.float32(np.int64(word)) + _HALF) * _UNIT_OF_WORD))
    turns = (np.float32(np.int64(other)) + _HALF) * _UNIT_OF_WORD
    # Sine and cosine of what is left of the angle after whole quarters of a turn.
    quarter = np.int32(_FOUR * turns + _HALF)
    z = (turns - _QUARTER * np.float32(quarter)) * _TURN
    square = z * z
    sine = z + z * square * (_S0 + square * (_S1 + square * (_S2 + square * _S3)))
    cosine = _ONE - _HALF * square + square * square * (_C0 + square * (_C1 + square * _C2))
    across = quarter & np.int32(1) != 0
    right, up = (sine if across else cosine), (cosine if across else sine)
    left, down = (quarter + np.int32(1)) & np.int32(2) != 0, quarter & np.int32(2) != 0
    return radius * (-right if left else right), radius * (-up if down else up)


@compiled
def _draw(normal: bool, y: Any, first: int, seed: Any, offset: Any) -> None:
    """A slice of a draw that starts at block `first`."""
    blocks = y.size // 4
    if normal:
        for block in range(blocks):
            w0, w1, w2, w3 = block_words(np.uint64(first + block), offset, seed)
            y[4 * block], y[4 * block + 1] = _normal_pair(w0, w1)
            y[4 * block + 2], y[4 * block + 3] = _normal_pair(w2, w3)
    else:
        for block in range(blocks):
            w0, w1, w2, w3 = block_words(np.uint64(first + block), offset, seed)
            y[4 * block], y[4 * block + 1] = _fraction(w0), _fraction(w1)
            y[4 * block + 2], y[4 * block + 3] = _fraction(w2), _fraction(w3)
    w0, w1, w2, w3 = block_words(np.uint64(first + blocks), offset, seed)
    one, two = _normal_pair(w0, w1) if normal else (_fraction(w0), _fraction(w1))
    three, _ = _normal_pair(w2, w3) if normal else (_fraction(w2), _fraction(w3))
    left = (one, two, three)
    for place in range(y.size % 4):
        y[4 * blocks + place] = left[place]


@parallel
def _draw_in_parallel(normal: bool, y: Any, chunks: int, seed: Any, offset: Any) -> None:
    for chunk in prange(chunks):
        start, stop = chunk * CHUNK, min(chunk * CHUNK + CHUNK, y.size)
        _draw(normal, y[start:stop], start // 4, seed, offset)


def _drawn(normal: bool, output: Any, draw: Any) -> None:
    y, seed, offset = output.reshape(-1), seed_of(draw.seed), np.uint64(draw.offset)
    if y.size > SERIAL:
        _draw_in_parallel(normal, y, -(-y.size // CHUNK), seed, offset)
    else:
        _draw(normal, y, 0, seed, offset)


def _new_uniform(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    _drawn(False, outputs[0], attributes[2])


def _new_normal(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    _drawn(True, outputs[0], attributes[2])


def _uniform(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (y,), (low, high, draw) = outputs, attributes
    _drawn(False, y, draw)
    _stretch(y, high - low, low)


def _normal(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (y,), (mean, std, draw) = outputs, attributes
    _drawn(True, y, draw)
    _stretch(y, std, mean)


def _stretch(y: Any, factor: float, shift: float) -> None:
    # By NumPy: a product fused into the sum would be rounded in another way than in the reference.
    if (factor, shift) != (1, 0):
        np.multiply(y, factor, out=y)
        np.add(y, shift, out=y)


def _takes_new(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    size, dtype, _ = attributes
    return dtype.numpy == FLOAT32 and math.prod(size) >= LEAST


def _takes(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    return is_plain(inputs[0])


# What these are called with is empty: it only tells the device.
new_uniform, new_normal = Kernel(_new_uniform, _takes_new), Kernel(_new_normal, _takes_new)
uniform, normal = Kernel(_uniform, _takes, least=LEAST), Kernel(_normal, _takes, least=LEAST)
