"""Distributions beside SciPy's and by themselves: draws by their distribution, by seed, formulas, registered pairs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import engine
from engine.distributions import Bernoulli, Categorical, Distribution, Normal, Uniform, kl_divergence, register_kl

COUNT = 20_000
LOC, SCALE = np.array([[-1.0], [2.0]]), np.array([0.5, 1.0, 3.0])


def normal() -> Normal:
    return Normal(engine.tensor(LOC), engine.tensor(SCALE))


def uniform() -> Uniform:
    return Uniform(engine.tensor(LOC), engine.tensor(LOC + SCALE))


@pytest.mark.parametrize(("made", "right"), [(normal, stats.norm), (uniform, stats.uniform)])
def test_continuous_draws_follow_their_distribution(made: Callable[[], Any], right: Any) -> None:
    engine.manual_seed(1)
    drawn = made().sample((COUNT,)).numpy()
    assert drawn.shape == (COUNT, 2, 3)
    for row in range(2):
        for column in range(3):
            found = stats.kstest(drawn[:, row, column], right(LOC[row, 0], SCALE[column]).cdf)
            assert found.pvalue > 1e-4


@pytest.mark.parametrize(("made", "right"), [(normal, stats.norm), (uniform, stats.uniform)])
def test_continuous_answers_are_scipys(made: Callable[[], Any], right: Any) -> None:
    distribution, oracle = made(), right(LOC, SCALE)
    value = LOC + 0.3 * SCALE
    pairs = {
        "log_prob": (distribution.log_prob(engine.tensor(value)), oracle.logpdf(value)),
        "cdf": (distribution.cdf(engine.tensor(value)), oracle.cdf(value)),
        "icdf": (distribution.icdf(engine.full((2, 3), 0.3, dtype=engine.float64)), oracle.ppf(0.3)),
        "entropy": (distribution.entropy(), oracle.entropy()),
        "mean": (distribution.mean, oracle.mean()),
        "variance": (distribution.variance, oracle.var()),
    }
    for name, (mine, expected) in pairs.items():
        np.testing.assert_allclose(mine.numpy(), expected, rtol=1e-9, err_msg=name)


def test_discrete_draws_have_their_frequencies() -> None:
    engine.manual_seed(2)
    shares = np.array([[0.1, 0.2, 0.7], [0.6, 0.4, 0.0]])
    drawn = Categorical(engine.tensor(shares)).sample((COUNT,)).numpy()
    assert drawn.dtype == np.int64
    assert drawn.shape == (COUNT, 2)
    for row, expected in enumerate(shares):
        counts = np.bincount(drawn[:, row], minlength=3)
        assert counts[expected == 0].sum() == 0
        assert stats.chisquare(counts[expected > 0], expected[expected > 0] * COUNT).pvalue > 1e-4
    tossed = Bernoulli(logits=engine.tensor([-1.0, 2.0])).sample((COUNT,)).numpy()
    for column, odds in enumerate((-1.0, 2.0)):
        assert stats.binomtest(int(tossed[:, column].sum()), COUNT, 1 / (1 + np.exp(-odds))).pvalue > 1e-4


def test_discrete_answers_are_scipys() -> None:
    shares, chances = np.array([0.1, 0.2, 0.7]), np.array([0.1, 0.5, 0.9])
    categorical, bernoulli = Categorical(engine.tensor(shares * 5)), Bernoulli(engine.tensor(chances))
    np.testing.assert_allclose(categorical.log_prob(engine.arange(3)).numpy(), np.log(shares), rtol=1e-9)
    np.testing.assert_allclose(categorical.entropy().numpy(), stats.entropy(shares), rtol=1e-9)
    np.testing.assert_allclose(bernoulli.entropy().numpy(), stats.bernoulli(chances).entropy(), rtol=1e-9)
    for value in (0.0, 1.0):
        mine = bernoulli.log_prob(engine.full((3,), value, dtype=engine.float64)).numpy()
        np.testing.assert_allclose(mine, stats.bernoulli(chances).logpmf(value), rtol=1e-9)


@pytest.mark.parametrize("made", [normal, uniform, lambda: Bernoulli(0.5), lambda: Categorical(engine.ones(4))])
def test_draws_follow_the_seed_alone(made: Callable[[], Distribution]) -> None:
    def draws(seed: int) -> list[Any]:
        engine.manual_seed(seed)
        return [made().sample((50,)).numpy() for _ in range(2)]

    first, again, other = draws(3), draws(3), draws(4)
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, different)
    assert not np.array_equal(*first)


def test_gradients_pass_through_reparameterised_samples() -> None:
    loc, scale = engine.zeros(3, requires_grad=True), engine.ones(3, requires_grad=True)
    assert not Normal(loc, scale).sample((2,)).requires_grad
    drawn = Normal(loc, scale).rsample((1000,))
    drawn.mean(0).sum().backward()
    np.testing.assert_allclose(loc.grad.numpy(), np.ones(3), rtol=1e-5)
    np.testing.assert_allclose(scale.grad.numpy(), drawn.detach().mean(0).numpy(), rtol=1e-4)


def test_divergences_are_integrals() -> None:
    points = np.linspace(-12, 12, 200_001)
    p, q = Normal(0.3, 0.7), Normal(-0.5, 1.3)
    densities = [stats.norm(0.3, 0.7).pdf(points), stats.norm(-0.5, 1.3).logpdf(points)]
    integral = np.trapezoid(densities[0] * (stats.norm(0.3, 0.7).logpdf(points) - densities[1]), points)
    assert kl_divergence(p, q).item() == pytest.approx(integral, rel=1e-5)
    inside = np.linspace(-1, 2, 200_001)
    integral = np.trapezoid(1 / 3 * (np.log(1 / 3) - stats.norm(-0.5, 1.3).logpdf(inside)), inside)
    assert kl_divergence(Uniform(-1.0, 2.0), q).item() == pytest.approx(integral, rel=1e-5)
    assert kl_divergence(Uniform(0.0, 3.0), Uniform(1.0, 2.0)).item() == np.inf


def test_registered_pairs_serve_subclasses_and_the_most_special_wins() -> None:
    class Sharp(Normal):
        pass

    class Sharper(Sharp):
        pass

    assert kl_divergence(Sharp(0.0, 1.0), Normal(0.0, 1.0)).item() == 0
    marker = engine.tensor(7.0)
    register_kl(Sharp, Normal)(lambda p, q: marker)
    assert kl_divergence(Sharper(0.0, 1.0), Normal(0.0, 1.0)) is marker
    register_kl(Normal, Sharp)(lambda p, q: marker + 1)
    with pytest.warns(RuntimeWarning, match=r"Ambiguous .* register_kl\(Sharp, Sharp\)"):
        kl_divergence(Sharp(0.0, 1.0), Sharp(0.0, 1.0))
    with pytest.raises(NotImplementedError, match="p type Bernoulli and q type Normal"):
        kl_divergence(Bernoulli(0.5), Normal(0.0, 1.0))
    with pytest.raises(TypeError, match="type_q to be a Distribution subclass"):
        register_kl(Normal, int)  # type: ignore[arg-type]


def test_samples_can_be_part_of_a_captured_step() -> None:
    loc = engine.zeros(64)

    @engine.compile
    def step() -> Any:
        return Normal(loc, 1.0, validate_args=False).sample()

    first, second, third = (step().numpy() for _ in range(3))
    assert step.replays == 2
    assert not np.array_equal(first, second)
    assert not np.array_equal(second, third)
