"""Philox against published answers, a scalar reference and the distributions that its draws claim."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from engine.backend import philox

SEED = 0x1234_5678_9ABC_DEF0
MANY = 200_000

# Random123, kat_vectors: (counter, key, words) of philox4x32 with 10 rounds.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def hexadecimal(words: str) -> list[int]:
    return [int(word, 16) for word in words.split()]


def scalar_philox(counter: list[int], seed: int) -> list[int]:
    """The ten rounds in Python integers, written from the paper."""
    key = [seed % 2**32, seed >> 32]
    for _ in range(10):
        left, right = counter[0] * 0xD2511F53, counter[2] * 0xCD9E8D57
        counter = [
            (right >> 32) ^ counter[1] ^ key[0],
            right % 2**32,
            (left >> 32) ^ counter[3] ^ key[1],
            left % 2**32,
        ]
        key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
    return counter


def array_philox(counter: list[int], seed: int) -> list[int]:
    even = np.array([[counter[0]], [counter[2]]], dtype=np.uint64)
    odd = np.array([[counter[1]], [counter[3]]], dtype=np.uint64)
    philox.philox(np, even, odd, seed)
    return [int(even[0, 0]), int(odd[0, 0]), int(even[1, 0]), int(odd[1, 0])]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_known_answers(counter: str, key: str, words: str) -> None:
    low, high = hexadecimal(key)
    assert array_philox(hexadecimal(counter), low | high << 32) == hexadecimal(words)


def test_counter_of_a_draw_holds_block_and_offset_and_the_key_is_the_seed() -> None:
    words = philox.bits32(np, 0, 0, 4)
    assert words.tolist() == hexadecimal(KNOWN_ANSWERS[0][2])
    counter, key, answer = (hexadecimal(part) for part in KNOWN_ANSWERS[2])
    block, offset = counter[0] | counter[1] << 32, counter[2] | counter[3] << 32
    words = philox.bits32(np, key[0] | key[1] << 32, offset, 4, start=4 * block)
    assert words.tolist() == answer


@given(
    seed=st.integers(0, 2**64 - 1),
    offset=st.integers(0, 2**63 - 1),
    element=st.integers(0, 2**62),
)
@settings(max_examples=60, deadline=None)
def test_any_word_equals_the_scalar_reference(seed: int, offset: int, element: int) -> None:
    block = element // 4
    expected = scalar_philox([block % 2**32, block >> 32, offset % 2**32, offset >> 32], seed)[element % 4]
    assert philox.bits32(np, seed, offset, 1, start=element).tolist() == [expected]


def test_a_negative_seed_is_its_unsigned_twin() -> None:
    assert np.array_equal(philox.bits32(np, -1, 0, 8), philox.bits32(np, 2**64 - 1, 0, 8))


DRAWS: dict[str, Any] = {
    "bits32": philox.bits32,
    "bits64": philox.bits64,
    "uniform16": partial(philox.uniform, dtype="float16"),
    "uniform32": partial(philox.uniform, dtype="float32"),
    "uniform64": partial(philox.uniform, dtype="float64"),
    "mask": partial(philox.bernoulli_mask, probability=0.3),
    "integers": partial(philox.integers, low=-5, high=2**40),
    "normal16": partial(philox.normal, dtype="float16"),
    "normal32": partial(philox.normal, dtype="float32"),
    "normal64": partial(philox.normal, dtype="float64"),
}
DTYPES = {
    "bits32": "uint32",
    "bits64": "uint64",
    "uniform16": "float16",
    "uniform32": "float32",
    "uniform64": "float64",
    "mask": "bool",
    "integers": "int64",
    "normal16": "float16",
    "normal32": "float32",
    "normal64": "float64",
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3,), (2, 0, 3), (5, 7), (1, 1), (3, 4, 5)])
def test_type_shape_and_order(name: str, shape: tuple[int, ...]) -> None:
    drawn = DRAWS[name](np, SEED, 7, shape)
    flat = DRAWS[name](np, SEED, 7, int(np.prod(shape)))
    assert isinstance(drawn, np.ndarray)
    assert drawn.dtype == DTYPES[name]
    assert drawn.shape == shape
    assert drawn.flags.c_contiguous
    assert np.array_equal(drawn.reshape(-1), flat)


@pytest.mark.parametrize("name", DRAWS)
def test_any_slice_equals_the_same_elements_drawn_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = DRAWS[name](np, SEED, 3, 1000)
    for start in (0, 2, 6, 62, 64, 66, 510, 998):
        for size in (1, 2, 3, 64, 65, 257):
            expected = whole[start : start + size]
            assert np.array_equal(DRAWS[name](np, SEED, 3, expected.size, start=start), expected)
    monkeypatch.setattr(philox, "BLOCKS_PER_CHUNK", 16)
    assert np.array_equal(DRAWS[name](np, SEED, 3, 1000), whole)
    assert np.array_equal(DRAWS[name](np, SEED, 3, 900, start=98), whole[98:998])


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_longer_than_a_chunk_continues_the_stream(name: str) -> None:
    size = 8 * philox.BLOCKS_PER_CHUNK + 5
    whole = DRAWS[name](np, SEED, 1, size)
    for boundary in (2 * philox.BLOCKS_PER_CHUNK, 4 * philox.BLOCKS_PER_CHUNK):
        assert np.array_equal(DRAWS[name](np, SEED, 1, 20, start=boundary - 10), whole[boundary - 10 : boundary + 10])
    assert np.array_equal(DRAWS[name](np, SEED, 1, 5, start=size - 5), whole[-5:])


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_seed_and_offset_repeat_and_others_differ(name: str) -> None:
    first = DRAWS[name](np, SEED, 5, 256)
    assert np.array_equal(first, DRAWS[name](np, SEED, 5, 256))
    assert not np.array_equal(first, DRAWS[name](np, SEED, 6, 256))
    assert not np.array_equal(first, DRAWS[name](np, SEED, 5 + 2**32, 256))
    assert not np.array_equal(first, DRAWS[name](np, SEED + 1, 5, 256))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniforms_are_uniform(dtype: str) -> None:
    drawn = philox.uniform(np, SEED, 0, MANY, dtype)
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert stats.kstest(drawn.astype(np.float64), "uniform").pvalue > 1e-3
    assert abs(drawn.mean(dtype=np.float64) - 0.5) < 5 / np.sqrt(12 * MANY)


@pytest.mark.parametrize(("dtype", "bits"), [("float16", 11), ("float32", 24), ("float64", 53)])
def test_uniforms_are_the_highest_bits_of_their_words(dtype: str, bits: int) -> None:
    words = philox.bits64(np, SEED, 2, 4000) if bits == 53 else philox.bits32(np, SEED, 2, 4000)
    width = 8 * words.dtype.itemsize
    expected = [(int(word) >> (width - bits)) / 2**bits for word in words]
    assert philox.uniform(np, SEED, 2, 4000, dtype).tolist() == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normals_are_normal(dtype: str) -> None:
    drawn = philox.normal(np, SEED, 0, MANY + 1, dtype).astype(np.float64)
    assert np.isfinite(drawn).all()
    assert stats.kstest(drawn, "norm").pvalue > 1e-3
    for order, moment in [(1, 0), (2, 1), (3, 0), (4, 3)]:
        powers = drawn**order
        assert abs(powers.mean() - moment) < 5 * powers.std() / np.sqrt(MANY)
    assert abs(np.corrcoef(drawn[:-1:2], drawn[1::2])[0, 1]) < 5 / np.sqrt(MANY / 2)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-6), ("float64", 1e-14)])
def test_normals_are_the_box_muller_transform_of_the_words(dtype: str, tolerance: float) -> None:
    words = philox.bits64(np, SEED, 9, 2000) if dtype == "float64" else philox.bits32(np, SEED, 9, 2000)
    fractions = (words.astype(np.float64) + 0.5) / 2.0 ** (8 * words.dtype.itemsize)
    radius, angle = np.sqrt(-2 * np.log(fractions[0::2])), 2 * np.pi * fractions[1::2]
    expected = np.stack((radius * np.cos(angle), radius * np.sin(angle)), axis=1).reshape(-1)
    assert np.allclose(philox.normal(np, SEED, 9, 2000, dtype), expected, rtol=tolerance, atol=2 * tolerance)


@pytest.mark.parametrize("word", [0, 1, 2**31, 2**32 - 1])
def test_the_most_extreme_words_give_finite_normals(word: int) -> None:
    pairs = np.full((2, 2), word, dtype=np.uint32)
    assert np.isfinite(philox._box_muller(np, pairs, np.float32)).all()
    wide = np.full((2, 2), word << 32 | word, dtype=np.uint64)
    assert np.isfinite(philox._box_muller(np, wide, np.float64)).all()


@given(low=st.integers(-(2**63), 2**63 - 1), high=st.integers(-(2**63) + 1, 2**63), offset=st.integers(0, 2**63 - 1))
@settings(max_examples=80, deadline=None)
def test_integers_are_the_words_scaled_exactly(low: int, high: int, offset: int) -> None:
    if low >= high:
        with pytest.raises(ValueError, match="low < high"):
            philox.integers(np, SEED, offset, 3, low, high)
        return
    expected = [low + (int(word) * (high - low) >> 64) for word in philox.bits64(np, SEED, offset, 9)]
    assert philox.integers(np, SEED, offset, 9, low, high).tolist() == expected


def test_integers_hit_each_value_equally_often() -> None:
    counts = np.bincount(philox.integers(np, SEED, 0, MANY, 0, 10), minlength=10)
    assert counts.size == 10
    assert stats.chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("probability", [0.0, 1e-9, 0.1, 0.5, 0.9, 1.0])
def test_masks_hold_their_probability(probability: float) -> None:
    mask = philox.bernoulli_mask(np, SEED, 0, MANY, probability)
    assert abs(mask.mean() - probability) <= 5 * np.sqrt(probability * (1 - probability) / MANY) + 2**-32


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_a_probability_outside_the_unit_interval_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        philox.bernoulli_mask(np, SEED, 0, 3, probability)


def test_draws_at_neighbouring_offsets_and_seeds_are_independent() -> None:
    table = [philox.uniform(np, SEED, offset, 20_000, "float64") for offset in range(4)]
    table += [philox.uniform(np, SEED + 1, 0, 20_000, "float64"), philox.uniform(np, 0, 2**32, 20_000, "float64")]
    correlations = np.corrcoef(np.stack(table)) - np.eye(len(table))
    assert np.abs(correlations).max() < 5 / np.sqrt(20_000)
    joint, _, _ = np.histogram2d(table[0], table[1], bins=10, range=[[0, 1], [0, 1]])
    assert stats.chisquare(joint.reshape(-1)).pvalue > 1e-3


@pytest.mark.parametrize("size", [0, 1, 2, 10, 10_000])
def test_permutations_are_permutations(size: int) -> None:
    drawn = philox.permutation(np, SEED, 0, size)
    assert drawn.dtype == np.int64
    assert np.array_equal(np.sort(drawn), np.arange(size))


def test_all_permutations_are_equally_likely() -> None:
    drawn = [tuple(philox.permutation(np, SEED, offset, 3).tolist()) for offset in range(3000)]
    counts = [drawn.count(order) for order in sorted(set(drawn))]
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > 1e-3


def test_a_given_destination_is_filled() -> None:
    out = np.full((7, 9), np.nan, dtype=np.float32)
    assert philox.uniform(np, SEED, 4, (7, 9), out=out) is out
    assert np.array_equal(out, philox.uniform(np, SEED, 4, (7, 9)))
    mask = np.ones((7, 9), dtype=bool)
    assert philox.bernoulli_mask(np, SEED, 4, (7, 9), 0.5, out=mask) is mask
    assert np.array_equal(mask, philox.bernoulli_mask(np, SEED, 4, (7, 9), 0.5))


@pytest.mark.parametrize(
    "out", [np.empty((9, 7), "float32"), np.empty((7, 9), "float64"), np.empty((9, 7), "float32").T]
)
def test_a_destination_that_does_not_fit_is_refused(out: np.ndarray) -> None:
    with pytest.raises(ValueError, match="C-contiguous float32"):
        philox.uniform(np, SEED, 4, (7, 9), out=out)


def test_what_cannot_be_drawn_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="got int32"):
        philox.uniform(np, SEED, 0, 3, "int32")
    with pytest.raises(ValueError, match="offset"):
        philox.bits32(np, SEED, -1, 3)
    with pytest.raises(ValueError, match="offset"):
        philox.bits32(np, SEED, 2**63, 3)
    with pytest.raises(ValueError, match="start must be even"):
        philox.normal(np, SEED, 0, 3, start=1)
