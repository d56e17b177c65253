"""Random words by Philox4x32-10, bit for bit those of engine.backend.philox, in loops that vectorise over blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.backend.philox import KEY_STEPS, MULTIPLIERS, ROUNDS, WORD
from engine.kernels.cpu.jit import compiled, inlined

_FIRST, _SECOND = np.uint64(MULTIPLIERS[0][0]), np.uint64(MULTIPLIERS[1][0])
_LOW_STEP, _HIGH_STEP = np.uint64(KEY_STEPS[0]), np.uint64(KEY_STEPS[1])
_WORD, _HALF = np.uint64(WORD), np.uint64(32)
_ROUNDS = ROUNDS


def seed_of(seed: int) -> np.uint64:
    """The seed as the loops take it, modulo 2**64."""
    return np.uint64(seed & 0xFFFFFFFFFFFFFFFF)


def threshold_of(probability: float) -> np.uint64:
    """The number that a word lies below with that probability."""
    return np.uint64(round(probability * 2**32))


@inlined
def block_words(block: Any, offset: Any, seed: Any) -> Any:
    """The four words of one block of one draw; all arguments are uint64, and so are the words."""
    even, odd = block & _WORD, block >> _HALF
    other_even, other_odd = offset & _WORD, offset >> _HALF
    low, high = seed & _WORD, seed >> _HALF
    for _ in range(_ROUNDS):
        product, other_product = even * _FIRST, other_even * _SECOND
        even = (other_product >> _HALF) ^ odd ^ low
        other_even = (product >> _HALF) ^ other_odd ^ high
        odd, other_odd = other_product & _WORD, product & _WORD
        low, high = (low + _LOW_STEP) & _WORD, (high + _HIGH_STEP) & _WORD
    return even, odd, other_even, other_odd


@compiled
def below(mask: Any, first: int, seed: Any, offset: Any, threshold: Any) -> None:
    """Fill a slice of a mask that starts at block `first`: whether each word is below the threshold."""
    blocks = mask.size // 4
    for block in range(blocks):
        w0, w1, w2, w3 = block_words(np.uint64(first + block), offset, seed)
        mask[4 * block] = w0 < threshold
        mask[4 * block + 1] = w1 < threshold
        mask[4 * block + 2] = w2 < threshold
        mask[4 * block + 3] = w3 < threshold
    if mask.size % 4:
        words = block_words(np.uint64(first + blocks), offset, seed)
        for place in range(mask.size % 4):
            mask[4 * blocks + place] = words[place] < threshold
