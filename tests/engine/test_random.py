"""Generators repeat, never share numbers, and draw from the distributions they name."""

import threading

import numpy as np
import pytest
from scipy import stats

import engine


@pytest.fixture(autouse=True)
def seeded() -> None:
    engine.manual_seed(1234)


def draws() -> list[np.ndarray]:
    generator_free = [engine.rand(3, 2), engine.randn(5), engine.randint(0, 9, (4,)), engine.randperm(6)]
    return [
        each.numpy() for each in (*generator_free, engine.zeros(3).uniform_(), engine.bernoulli(engine.full((4,), 0.5)))
    ]


def test_a_seed_repeats_everything() -> None:
    first = draws()
    engine.manual_seed(1234)
    for one, other in zip(first, draws(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert engine.initial_seed() == 1234


def test_draws_differ_from_each_other() -> None:
    assert engine.rand(4).tolist() != engine.rand(4).tolist()


def test_the_state_is_a_seed_and_an_offset() -> None:
    generator = engine.Generator().manual_seed(2**64 + 5)
    engine.rand(3, generator=generator)
    assert generator.state_dict() == {"seed": 5, "offset": 1}
    state, later = generator.get_state(), engine.rand(3, generator=generator)
    fresh = engine.Generator().set_state(state)
    np.testing.assert_array_equal(engine.rand(3, generator=fresh).numpy(), later.numpy())
    with pytest.raises(RuntimeError, match="16 bytes"):
        fresh.set_state(engine.zeros(3))


def test_the_default_state_can_be_put_back() -> None:
    state, first = engine.get_rng_state(), engine.rand(3).tolist()
    engine.set_rng_state(state)
    assert engine.rand(3).tolist() == first


def test_threads_never_share_a_draw() -> None:
    generator = engine.Generator()
    offsets: list[int] = []

    def work() -> None:
        offsets.extend(generator.draw().offset for _ in range(500))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(offsets) == list(range(2000))


def test_distributions() -> None:
    count = 20_000
    samples = {
        "uniform": (engine.rand(count), stats.uniform()),
        "normal": (engine.randn(count), stats.norm()),
        "moved": (engine.normal(2.0, 3.0, (count,)), stats.norm(2, 3)),
        "in place": (engine.empty(count).uniform_(-1, 3), stats.uniform(-1, 4)),
        "normal in place": (engine.empty(count).normal_(1, 2), stats.norm(1, 2)),
        "waiting": (engine.empty(count).exponential_(0.5), stats.expon(scale=2)),
        "log normal": (engine.empty(count).log_normal_(0.5, 0.7), stats.lognorm(0.7, scale=np.exp(0.5))),
        "cauchy": (engine.empty(count).cauchy_(1, 2), stats.cauchy(1, 2)),
    }
    for name, (drawn, law) in samples.items():
        assert stats.kstest(drawn.numpy().astype("float64"), law.cdf).pvalue > 1e-4, name


def test_whole_numbers_fill_their_range() -> None:
    counts = np.bincount(engine.randint(3, 8, (20_000,)).numpy(), minlength=8)
    assert counts[:3].sum() == 0
    assert stats.chisquare(counts[3:]).pvalue > 1e-4
    assert engine.randint(5, (2, 3)).shape == (2, 3)


def test_counts_follow_their_laws() -> None:
    count = 20_000
    for drawn, law in (
        (engine.poisson(engine.full((count,), 3.5)), stats.poisson(3.5)),
        (engine.empty(count).geometric_(0.4), stats.geom(0.4)),
    ):
        seen = np.bincount(drawn.numpy().astype(int).clip(max=9), minlength=10)
        chances = np.append(law.pmf(np.arange(9)), law.sf(8))
        possible = chances > 0
        assert seen[~possible].sum() == 0
        assert stats.chisquare(seen[possible], count * chances[possible]).pvalue > 1e-4
    assert abs(engine.poisson(engine.full((count,), 1e6)).mean().item() - 1e6) < 50


def test_permutations_are_even() -> None:
    assert sorted(engine.randperm(50).tolist()) == list(range(50))
    firsts = np.bincount([engine.randperm(4)[0].item() for _ in range(4000)])
    assert stats.chisquare(firsts).pvalue > 1e-4


def test_bernoulli_and_multinomial_follow_their_weights() -> None:
    ones = engine.bernoulli(engine.full((20_000,), 0.3)).numpy().sum()
    assert stats.binomtest(int(ones), 20_000, 0.3).pvalue > 1e-4
    weights = engine.tensor([1.0, 0.0, 3.0])
    drawn = np.bincount(engine.multinomial(weights, 20_000, replacement=True).numpy(), minlength=3)
    assert drawn[1] == 0
    assert stats.binomtest(int(drawn[2]), 20_000, 0.75).pvalue > 1e-4
    firsts = [engine.multinomial(weights, 2)[0].item() for _ in range(4000)]
    assert stats.binomtest(firsts.count(2), 4000, 0.75).pvalue > 1e-4


def test_dtypes_shapes_and_devices() -> None:
    like = engine.zeros(2, 3, dtype=engine.float64)
    assert engine.rand_like(like).dtype is engine.float64
    assert engine.randn_like(like, dtype=engine.float16).dtype is engine.float16
    assert engine.randint_like(like, 5).dtype is engine.float64
    assert engine.rand(2, device="meta").device.type == "meta"
    assert engine.randn(2, requires_grad=True).requires_grad


def test_gradients_stop_at_random_numbers() -> None:
    x = engine.ones(3, requires_grad=True)
    y = x * 2
    y.normal_()
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0]


def test_refusals() -> None:
    with pytest.raises(RuntimeError, match="less than 'to'"):
        engine.randint(5, 5, (1,))
    with pytest.raises(RuntimeError, match="without replacement"):
        engine.multinomial(engine.ones(2), 3)
    with pytest.raises(RuntimeError, match="inf"):
        engine.multinomial(engine.tensor([1.0, -1.0]), 1)
    with pytest.raises(NotImplementedError, match="floating"):
        engine.rand(2, dtype=engine.int64)
    with pytest.raises(RuntimeError, match="std"):
        engine.zeros(2).normal_(0, -1)
    with pytest.raises(RuntimeError, match="p=2"):
        engine.zeros(2).geometric_(2)
    with pytest.raises(RuntimeError, match="sigma=-1"):
        engine.zeros(2).cauchy_(0, -1)
    with pytest.raises(RuntimeError, match="non-negative, got -1"):
        engine.poisson(engine.tensor([-1.0]))
    with pytest.raises(NotImplementedError, match="int64"):
        engine.zeros(2, dtype=engine.int64).uniform_()


def test_what_is_drawn_in_a_fork_is_forgotten() -> None:
    engine.manual_seed(3)
    right = engine.rand(4)
    engine.manual_seed(3)
    with engine.random.fork_rng():
        engine.manual_seed(8)
        engine.rand(7)
    assert engine.equal(engine.rand(4), right)
    with engine.random.fork_rng(enabled=False):
        engine.manual_seed(3)
    assert engine.equal(engine.rand(4), right)
