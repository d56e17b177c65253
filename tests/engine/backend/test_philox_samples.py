"""Randomness of samples: a function of (seed, epoch, sample index, draw), whatever else is in the batch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from engine.backend import philox

SEED = 42


@given(
    order=st.permutations(range(40)),
    cut=st.integers(0, 40),
    epoch=st.integers(0, 2**32 - 1),
    draw=st.integers(0, 2**33 - 4),
    count=st.one_of(st.none(), st.integers(0, 3)),
)
@settings(max_examples=40, deadline=None)
def test_a_sample_draws_the_same_in_every_batch(
    order: list[int], cut: int, epoch: int, draw: int, count: int | None
) -> None:
    together = philox.sample_bits(np, SEED, epoch, np.arange(40), draw, count)
    batches = [
        philox.sample_bits(np, SEED, epoch, np.array(part, int), draw, count) for part in (order[:cut], order[cut:])
    ]
    assert np.array_equal(np.concatenate(batches), together[order])


@pytest.mark.parametrize("draw", [0, 1, 3, 4, 6])
@pytest.mark.parametrize("count", [0, 1, 2, 4, 5, 9])
def test_several_draws_at_once_equal_one_after_another(draw: int, count: int) -> None:
    indices = np.array([[3, 2**40], [7, 0]])
    together = philox.sample_bits(np, SEED, 2, indices, draw, count)
    assert together.shape == (2, 2, count)
    assert together.dtype == np.uint32
    for which in range(count):
        assert np.array_equal(together[..., which], philox.sample_bits(np, SEED, 2, indices, draw + which))


def test_every_part_of_the_key_counts() -> None:
    indices = np.arange(1000)
    base = philox.sample_uniform(np, SEED, 3, indices, 1)
    others = [
        philox.sample_uniform(np, SEED + 1, 3, indices, 1),
        philox.sample_uniform(np, SEED, 4, indices, 1),
        philox.sample_uniform(np, SEED, 3, indices + 1000, 1),
        philox.sample_uniform(np, SEED, 3, indices + 2**32, 1),
        philox.sample_uniform(np, SEED, 3, indices, 2),
        philox.sample_uniform(np, SEED, 3, indices, 5),
    ]
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 5 / np.sqrt(1000)


def test_samples_share_no_block_with_a_generator_of_the_same_seed() -> None:
    samples = philox.sample_bits(np, SEED, 1, np.arange(64), 0, 4)
    drawn = np.concatenate([philox.bits32(np, SEED, offset, 256) for offset in (1, 2**32 + 1, 2**62 + 1)])
    assert not np.isin(samples, drawn).any()


def test_a_batch_larger_than_a_chunk_and_an_empty_one() -> None:
    indices = np.arange(philox.BLOCKS_PER_CHUNK + 100)
    whole = philox.sample_bits(np, SEED, 0, indices)
    assert np.array_equal(whole[-200:], philox.sample_bits(np, SEED, 0, indices[-200:]))
    assert philox.sample_bits(np, SEED, 0, np.arange(0)).shape == (0,)
    assert philox.sample_bits(np, SEED, 0, np.arange(0), 0, 3).shape == (0, 3)
    assert philox.sample_bits(np, SEED, 0, np.array(5)).shape == ()


def test_uniforms_and_integers_follow_their_distributions() -> None:
    indices = np.arange(100_000)
    uniforms = philox.sample_uniform(np, SEED, 0, indices)
    assert uniforms.dtype == np.float32
    assert uniforms.min() >= 0
    assert uniforms.max() < 1
    assert stats.kstest(uniforms.astype(np.float64), "uniform").pvalue > 1e-3
    numbers = philox.sample_integers(np, SEED, 0, indices, -4, 5)
    assert numbers.dtype == np.int64
    assert stats.chisquare(np.bincount(numbers + 4, minlength=9)).pvalue > 1e-3
    words = philox.sample_bits(np, SEED, 0, indices[:50])
    wide = philox.sample_integers(np, SEED, 0, indices[:50], -(2**63), -(2**63) + 2**32)
    assert wide.tolist() == [int(word) - 2**63 for word in words]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="epoch"):
        philox.sample_bits(np, SEED, 2**32, np.arange(3))
    with pytest.raises(ValueError, match="draws"):
        philox.sample_bits(np, SEED, 0, np.arange(3), 2**33)
    with pytest.raises(ValueError, match="draws"):
        philox.sample_bits(np, SEED, 0, np.arange(3), -1)
    with pytest.raises(ValueError, match="wider"):
        philox.sample_integers(np, SEED, 0, np.arange(3), 0, 2**32 + 1)
    with pytest.raises(ValueError, match="low < high"):
        philox.sample_integers(np, SEED, 0, np.arange(3), 5, 5)
