"""Philox4x32-10 as array code: random numbers that are a function of (seed, offset, element) alone."""

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any, TypeAlias

Array: TypeAlias = Any

WORD = 0xFFFFFFFF
MULTIPLIERS = ((0xD2511F53,), (0xCD9E8D57,))
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10

# The six uint64 rows that a chunk needs (768 KiB) about fill a core's second-level cache.
BLOCKS_PER_CHUNK = 1 << 14

# Draws of generators have the counter's highest bit clear, draws of samples have it set: one seed may serve both.
OFFSET_LIMIT = 1 << 63
SAMPLE_DOMAIN = 1 << 31

MANTISSA_BITS = {"float16": 11, "float32": 24, "float64": 53}


def philox(xp: ModuleType, even: Array, odd: Array, seed: int) -> None:
    """Turn counters into random words in place, by ten Philox4x32 rounds keyed with `seed` (taken modulo 2**64).

    `even` holds the counter words 0 and 2, `odd` the words 1 and 3, both of shape (2, blocks) and type uint64, each
    value below 2**32. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3.
    """
    multipliers = xp.array(MULTIPLIERS, dtype=xp.uint64)
    keys = xp.array(_round_keys(seed), dtype=xp.uint64)
    product = xp.empty_like(even)
    for key in keys:
        xp.multiply(even, multipliers, out=product)
        swapped = product[::-1]
        xp.right_shift(swapped, 32, out=even)
        xp.bitwise_xor(even, odd, out=even)
        xp.bitwise_xor(even, key, out=even)
        xp.bitwise_and(swapped, WORD, out=odd)


def bits32(xp: ModuleType, seed: int, offset: int, shape: int | tuple[int, ...], *, start: int = 0) -> Array:
    """Return uint32 words of all values; element i of the draw is word i % 4 of block i // 4.

    `start` is the number of the first element, so that any slice of a larger draw can be made alone.
    """
    out = xp.empty(_as_shape(shape), dtype=xp.uint32)
    flat = out.reshape(-1)
    for span, words in _chunks(xp, seed, offset, start, out.size, xp.uint32):
        flat[span] = words
    return out


def bits64(xp: ModuleType, seed: int, offset: int, shape: int | tuple[int, ...], *, start: int = 0) -> Array:
    """Return uint64 words of all values; element i is made of words 2i (low half) and 2i + 1 (high half)."""
    out = xp.empty(_as_shape(shape), dtype=xp.uint64)
    flat = out.reshape(-1)
    for span, words in _chunks(xp, seed, offset, start, out.size, xp.uint64):
        flat[span] = words
    return out


def uniform(
    xp: ModuleType,
    seed: int,
    offset: int,
    shape: int | tuple[int, ...],
    dtype: Any = "float32",
    *,
    start: int = 0,
    out: Array | None = None,
) -> Array:
    """Return multiples of 2**-m in [0, 1), where m is the mantissa: 11 bits (float16), 24 (float32) or 53 (float64).

    `out`, of this shape and type and in C order, is filled and returned where it is given.
    """
    out = _destination(xp, out, shape, _floating(xp, dtype))
    flat = out.reshape(-1)
    for span, words in _chunks(xp, seed, offset, start, out.size, _draw_type(xp, out.dtype)):
        flat[span] = _fraction(xp, words, out.dtype)
    return out


def bernoulli_mask(
    xp: ModuleType,
    seed: int,
    offset: int,
    shape: int | tuple[int, ...],
    probability: float,
    *,
    start: int = 0,
    out: Array | None = None,
) -> Array:
    """Return booleans that are True with `probability`, which is rounded to a multiple of 2**-32.

    `out`, boolean, of this shape and in C order, is filled and returned where it is given. Raises ValueError for a
    probability outside [0, 1].
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"probability must lie in [0, 1], got {probability}")
    out = _destination(xp, out, shape, xp.dtype(bool))
    flat = out.reshape(-1)
    threshold = round(probability * 2**32)
    if threshold in (0, 2**32):
        flat[...] = threshold > 0
        return out
    for span, words in _chunks(xp, seed, offset, start, out.size, xp.uint32):
        xp.less(words, threshold, out=flat[span])
    return out


def integers(
    xp: ModuleType, seed: int, offset: int, shape: int | tuple[int, ...], low: int, high: int, *, start: int = 0
) -> Array:
    """Return int64 numbers in [low, high): the high half of (64 random bits) * (high - low).

    The probability of each number differs from 1 / (high - low) by less than 2**-64. Raises ValueError where the
    range is empty or leaves int64.
    """
    _check_range(low, high)
    out = xp.empty(_as_shape(shape), dtype=xp.int64)
    flat = out.reshape(-1)
    for span, words in _chunks(xp, seed, offset, start, out.size, xp.uint64):
        flat[span] = _scale(xp, words, low, high)
    return out


def normal(
    xp: ModuleType, seed: int, offset: int, shape: int | tuple[int, ...], dtype: Any = "float32", *, start: int = 0
) -> Array:
    """Return standard normal numbers by the Box-Muller transform: elements 2j and 2j + 1 share one radius and angle.

    float64 is computed from 64-bit draws in float64, float32 from 32-bit draws in float32 (|z| < 6.8), float16 is
    rounded from float32. `start` must be even.
    """
    if start % 2:
        raise ValueError(f"normal numbers come in pairs: start must be even, got {start}")
    out = xp.empty(_as_shape(shape), dtype=_floating(xp, dtype))
    flat = out.reshape(-1)
    working = xp.float64 if out.dtype == xp.float64 else xp.float32
    pairs_end = out.size + out.size % 2
    for span, words in _chunks(xp, seed, offset, start, pairs_end, _draw_type(xp, out.dtype)):
        flat[span] = _box_muller(xp, words.reshape(-1, 2), working).reshape(-1)[: out.size - span.start]
    return out


def permutation(xp: ModuleType, seed: int, offset: int, size: int) -> Array:
    """Return 0..size-1 in random order (int64): the stable order of 64-bit random keys, the same on every device."""
    return xp.argsort(bits64(xp, seed, offset, size), kind="stable").astype(xp.int64)


def sample_bits(
    xp: ModuleType, seed: int, epoch: int, indices: Array, draw: int = 0, count: int | None = None
) -> Array:
    """Return a uint32 word for each sample, a function of (seed, epoch, sample index, draw) alone.

    `indices` are non-negative integers of any shape; the result has their shape, or with `count` their shape + (count,)
    for the draws draw .. draw + count - 1. Four draws that start at a multiple of four cost as much as one.
    """
    if not 0 <= epoch <= WORD:
        raise ValueError(f"epoch must lie in [0, 2**32), got {epoch}")
    draws = 1 if count is None else count
    first, last = draw // 4, (draw + draws + 3) // 4
    if draw < 0 or draws < 0 or last > SAMPLE_DOMAIN:
        raise ValueError(f"draws must lie in [0, 2**33), got {draws} from {draw}")
    samples = xp.asarray(indices).astype(xp.uint64)
    words = xp.empty((samples.size, 4 * (last - first)), dtype=xp.uint32)
    flat = samples.reshape(-1, 1)
    samples_per_chunk = max(1, BLOCKS_PER_CHUNK // max(1, last - first))
    for begin in range(0, samples.size, samples_per_chunk):
        part = slice(begin, begin + samples_per_chunk)
        words[part] = _sample_words(xp, seed, epoch, flat[part], first, last)
    skipped = draw - 4 * first
    chosen = words[:, skipped : skipped + draws]
    return chosen.reshape(samples.shape if count is None else (*samples.shape, draws)).copy()


def sample_uniform(
    xp: ModuleType, seed: int, epoch: int, indices: Array, draw: int = 0, count: int | None = None
) -> Array:
    """Return float32 numbers in [0, 1), multiples of 2**-24, from the words of `sample_bits`."""
    words = sample_bits(xp, seed, epoch, indices, draw, count)
    flat = _fraction(xp, words.reshape(-1), xp.dtype("float32"))
    return flat.reshape(words.shape)


def sample_integers(
    xp: ModuleType, seed: int, epoch: int, indices: Array, low: int, high: int, draw: int = 0, count: int | None = None
) -> Array:
    """Return int64 numbers in [low, high) from the words of `sample_bits`; high - low is at most 2**32.

    The probability of each number differs from 1 / (high - low) by less than 2**-32. Raises ValueError else.
    """
    _check_range(low, high)
    if high - low > 2**32:
        raise ValueError(f"a sample's integer has 32 random bits: [{low}, {high}) is wider than 2**32")
    words = sample_bits(xp, seed, epoch, indices, draw, count)
    scaled = (words.reshape(-1).astype(xp.uint64) * (high - low)) >> 32
    return (scaled.astype(xp.int64) + low).reshape(words.shape)


def _round_keys(seed: int) -> list[list[list[int]]]:
    """The ten keys, each a column of two words: the seed's halves plus a Weyl sequence."""
    halves = (seed & WORD, (seed >> 32) & WORD)
    return [
        [[(half + turn * step) & WORD] for half, step in zip(halves, KEY_STEPS, strict=True)] for turn in range(ROUNDS)
    ]


def _chunks(xp: ModuleType, seed: int, offset: int, start: int, size: int, dtype: Any) -> Iterator[tuple[slice, Array]]:
    """Yield (where, draws) for the elements start .. start + size - 1 in order; `draws` is overwritten by the next."""
    if not 0 <= offset < OFFSET_LIMIT:
        raise ValueError(f"offset must lie in [0, 2**63), got {offset}")
    per_block = 16 // xp.dtype(dtype).itemsize
    block, skipped = divmod(start, per_block)
    blocks_left = -(-(skipped + size) // per_block)
    done = 0
    while done < size:
        blocks = min(blocks_left, BLOCKS_PER_CHUNK)
        draws = _block_words(xp, seed, offset, block, blocks).reshape(-1).view(dtype)[skipped : skipped + size - done]
        yield slice(done, done + draws.size), draws
        done += draws.size
        block, blocks_left, skipped = block + blocks, blocks_left - blocks, 0


def _block_words(xp: ModuleType, seed: int, offset: int, block: int, blocks: int) -> Array:
    """The words of the blocks block .. block + blocks - 1 of one draw, uint32 of shape (blocks, 4)."""
    even, odd = xp.empty((2, blocks), dtype=xp.uint64), xp.empty((2, blocks), dtype=xp.uint64)
    number = xp.arange(block, block + blocks, dtype=xp.uint64)
    xp.bitwise_and(number, WORD, out=even[0])
    xp.right_shift(number, 32, out=odd[0])
    even[1] = offset & WORD
    odd[1] = offset >> 32
    philox(xp, even, odd, seed)
    words = xp.empty((blocks, 4), dtype=xp.uint32)
    _interleave(words, even, odd)
    return words


def _sample_words(xp: ModuleType, seed: int, epoch: int, samples: Array, first: int, last: int) -> Array:
    """The words of the blocks first .. last - 1 of each sample in a column, uint32 of shape (samples, 4 blocks)."""
    counter = xp.empty((4, samples.size, last - first), dtype=xp.uint64)
    counter[0] = samples & WORD
    counter[1] = samples >> 32
    counter[2] = epoch
    counter[3] = xp.arange(first, last, dtype=xp.uint64) + SAMPLE_DOMAIN
    even, odd = counter[0::2].reshape(2, -1), counter[1::2].reshape(2, -1)
    philox(xp, even, odd, seed)
    words = xp.empty((even.shape[1], 4), dtype=xp.uint32)
    _interleave(words, even, odd)
    return words.reshape(samples.size, 4 * (last - first))


def _interleave(words: Array, even: Array, odd: Array) -> None:
    words[:, 0], words[:, 2] = even
    words[:, 1], words[:, 3] = odd


def _fraction(xp: ModuleType, words: Array, dtype: Any) -> Array:
    """The highest mantissa bits of each word, as a number in [0, 1)."""
    bits = MANTISSA_BITS[dtype.name]
    width = 8 * words.dtype.itemsize
    # The shifted words are non-negative in the signed type too, from which processors convert much faster.
    signed = (words >> (width - bits)).view(f"int{width}")
    return signed.astype(dtype) * 2.0**-bits


def _box_muller(xp: ModuleType, pairs: Array, dtype: Any) -> Array:
    """sqrt(-2 log u) * (cos 2 pi v, sin 2 pi v), with u and v in (0, 1]."""
    width = 8 * pairs.dtype.itemsize
    fractions = (pairs.T.astype(dtype) + 0.5) * 2.0**-width
    radius = xp.sqrt(xp.log(fractions[0]) * -2.0)
    angle = fractions[1] * (2 * math.pi)
    return xp.stack((radius * xp.cos(angle), radius * xp.sin(angle)), axis=1)


def _scale(xp: ModuleType, words: Array, low: int, high: int) -> Array:
    """The number low + floor(words * (high - low) / 2**64), by 32-bit halves that no sum of can overflow."""
    span_high, span_low = divmod(high - low, 2**32)
    word_high, word_low = words >> 32, words & WORD
    middle = word_high * span_low + (word_low * span_low >> 32)
    crossed = word_low * span_high + (middle & WORD)
    scaled = word_high * span_high + (middle >> 32) + (crossed >> 32)
    return scaled.view(xp.int64) + low


def _check_range(low: int, high: int) -> None:
    if not -(2**63) <= low < high <= 2**63:
        raise ValueError(f"expected low < high, both within int64, got [{low}, {high})")


def _floating(xp: ModuleType, dtype: Any) -> Any:
    dtype = xp.dtype(dtype)
    if dtype.name not in MANTISSA_BITS:
        raise TypeError(f"random floating-point numbers are {', '.join(MANTISSA_BITS)}; got {dtype.name}")
    return dtype


def _draw_type(xp: ModuleType, dtype: Any) -> Any:
    return xp.uint64 if dtype == xp.float64 else xp.uint32


def _as_shape(shape: int | tuple[int, ...]) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _destination(xp: ModuleType, out: Array | None, shape: int | tuple[int, ...], dtype: Any) -> Array:
    """A fresh array, or `out` where it has this shape, this type and C order."""
    shape = _as_shape(shape)
    if out is None:
        return xp.empty(shape, dtype=dtype)
    if out.shape != shape or out.dtype != dtype or not out.flags.c_contiguous:
        raise ValueError(f"out must be C-contiguous {dtype.name} of shape {shape}, got {out.dtype.name} {out.shape}")
    return out
