"""Distributions beside PyTorch's: every answer, its gradient, and the words of every refusal, in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import distributions as ours

torch = pytest.importorskip("torch")
theirs = torch.distributions
pytestmark = pytest.mark.parity

RANDOM = np.random.default_rng(0)
REALS, POSITIVE = RANDOM.standard_normal((3, 2)), RANDOM.uniform(0.2, 2, (3, 2))
SHARES = RANDOM.dirichlet(np.ones(4), 3)
CASES: dict[str, tuple[str, dict[str, Any], Any]] = {
    "normal": ("Normal", {"loc": REALS, "scale": POSITIVE}, REALS[::-1] * 2),
    "normal of a number": ("Normal", {"loc": 0.5, "scale": POSITIVE[0]}, REALS),
    "uniform": ("Uniform", {"low": -POSITIVE, "high": POSITIVE * 3}, POSITIVE * 0.5),
    "bernoulli by probs": ("Bernoulli", {"probs": SHARES}, (SHARES > 0.2) * 1.0),
    "bernoulli by logits": ("Bernoulli", {"logits": REALS}, (REALS > 0) * 1.0),
    "a certain bernoulli": ("Bernoulli", {"probs": np.array([0.0, 0.5, 1.0])}, np.array([0.0, 1.0, 1.0])),
    "categorical by probs": ("Categorical", {"probs": SHARES * 3}, np.array([0, 3, 2])),
    "categorical by logits": ("Categorical", {"logits": REALS}, np.array([[1], [0]])),
    "a certain categorical": ("Categorical", {"probs": np.array([0.0, 1.0, 0.0])}, np.array(1)),
}
ANSWERS: dict[str, Callable[[Any, Any], Any]] = {
    "log_prob": lambda made, value: made.log_prob(value),
    "entropy": lambda made, value: made.entropy(),
    "perplexity": lambda made, value: made.perplexity(),
    "cdf": lambda made, value: made.cdf(value),
    "icdf": lambda made, value: made.icdf(made.cdf(value)),
    "mean": lambda made, value: made.mean,
    "mode": lambda made, value: made.mode,
    "variance": lambda made, value: made.variance,
    "stddev": lambda made, value: made.stddev,
    "expanded": lambda made, value: made.expand((5, *made.batch_shape)).entropy(),
    "support": lambda made, value: made.support.check(value),
    "support of others": lambda made, value: made.support.check(value + 0.5),
    "all values": lambda made, value: made.enumerate_support(),
    "all values, unexpanded": lambda made, value: made.enumerate_support(expand=False),
    "logits": lambda made, value: made.logits,
    "probs": lambda made, value: made.probs,
    "shapes": lambda made, value: [
        *made.batch_shape,
        -1,
        *made.event_shape,
        -1,
        *made.expand((2, 3, *made.batch_shape)).batch_shape,
    ],
    "parameters' shape": lambda made, value: list(made.param_shape),
    "text": lambda made, value: repr(made).replace("engine.Size", "torch.Size"),
    "abilities": lambda made, value: [made.has_rsample, made.has_enumerate_support],
}


def given(library: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        name: library.tensor(np.array(each), dtype=library.float64, requires_grad=True) if np.ndim(each) else each
        for name, each in parameters.items()
    }


def answer(library: Any, case: str, question: Callable[[Any, Any], Any]) -> tuple[Any, list[Any]]:
    """What a distribution answers, and the gradients for its parameters."""
    name, parameters, value = CASES[case]
    tensors = given(library, parameters)
    made = getattr(ours if library is engine else theirs, name)(**tensors)
    at = library.tensor(np.array(value))
    try:
        found = question(made, at)
    except (NotImplementedError, AttributeError, ValueError) as error:
        return type(error), []
    if not hasattr(found, "detach"):
        return found, []
    gradients: list[Any] = []
    if found.requires_grad:
        leaves = [each for each in tensors.values() if hasattr(each, "detach")]
        weights = library.tensor(np.random.default_rng(1).standard_normal(tuple(found.shape)))
        found_gradients = library.autograd.grad(found, leaves, weights, allow_unused=True)
        gradients = [None if each is None else each.numpy() for each in found_gradients]
    return found.detach().numpy(), gradients


@pytest.mark.parametrize("question", ANSWERS)
@pytest.mark.parametrize("case", CASES)
def test_answers_and_gradients_are_pytorchs(case: str, question: str) -> None:
    (mine, gradients), (right, expected) = (answer(library, case, ANSWERS[question]) for library in (engine, torch))
    if not isinstance(right, np.ndarray):
        assert mine == right
        return
    assert mine.dtype == right.dtype
    np.testing.assert_allclose(mine, right, rtol=1e-9, atol=1e-12)
    for one, other in zip(gradients, expected, strict=True):
        if other is None:
            assert one is None
        else:
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


KINDS = {case: CASES[case] for case in ("normal", "uniform", "bernoulli by probs", "bernoulli by logits")}


def divergence(library: Any, first: str, second: str) -> Any:
    package = ours if library is engine else theirs
    pair = []
    for name, parameters, _ in (CASES[first], CASES[second]):
        cut = {key: each[:, :2] if np.ndim(each) == 2 else each for key, each in parameters.items()}
        pair.append((given(library, cut), getattr(package, name)))
    try:
        found = package.kl_divergence(*(family(**tensors) for tensors, family in pair))
    except NotImplementedError:
        return NotImplementedError, []
    leaves = [each for tensors, _ in pair for each in tensors.values() if hasattr(each, "detach")]
    if not found.requires_grad:
        return found.numpy(), []
    gradients = library.autograd.grad(found.sum(), leaves, allow_unused=True)
    return found.detach().numpy(), [None if each is None else each.numpy() for each in gradients]


@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("first", KINDS)
def test_divergences_are_pytorchs(first: str, second: str) -> None:
    (mine, gradients), (right, expected) = (divergence(library, first, second) for library in (engine, torch))
    if right is NotImplementedError:
        assert mine is right
        return
    np.testing.assert_allclose(mine, right, rtol=1e-9)
    for one, other in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([0.5, 0.5, 0.0], [0.2, 0.8, 0.0]),
        ([0.5, 0.0, 0.5], [0.5, 0.5, 0.0]),
        ([1.0, 0.0, 0.0], [0.1, 0.4, 0.5]),
    ],
)
@pytest.mark.parametrize("family", ["Categorical", "Bernoulli"])
def test_divergences_of_what_never_happens(family: str, p: list[float], q: list[float]) -> None:
    found = []
    for library, package in ((engine, ours), (torch, theirs)):
        made = [getattr(package, family)(probs=library.tensor(each, dtype=library.float64)) for each in (p, q)]
        found.append(package.kl_divergence(*made).numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9)


REFUSED: dict[str, Callable[[Any, Any], Any]] = {
    "a negative scale": lambda library, package: package.Normal(library.zeros(2), library.tensor([1.0, -1.0])),
    "NaN": lambda library, package: package.Normal(library.tensor(float("nan")), 1.0),
    "an interval turned round": lambda library, package: package.Uniform(2.0, 1.0),
    "a probability above 1": lambda library, package: package.Bernoulli(1.5),
    "no parameter": lambda library, package: package.Bernoulli(),
    "two parameters": lambda library, package: package.Categorical(library.ones(2), library.ones(2)),
    "a number for categories": lambda library, package: package.Categorical(library.tensor(1.0)),
    "negative weights": lambda library, package: package.Categorical(library.tensor([2.0, -1.0])),
    "text": lambda library, package: package.Normal("0", 1.0),
    "a value of another shape": lambda library, package: package.Normal(library.zeros(2), 1.0).log_prob(
        library.ones(3)
    ),
    "a value outside": lambda library, package: package.Uniform(0.0, 1.0).log_prob(library.tensor(2.0)),
    "half a success": lambda library, package: package.Bernoulli(0.5).log_prob(library.tensor(0.5)),
    "a category too many": lambda library, package: package.Categorical(library.ones(2)).log_prob(library.tensor(2)),
    "a value that is no tensor": lambda library, package: package.Normal(0.0, 1.0).log_prob(3.0),
    "gradients of samples": lambda library, package: package.Bernoulli(0.5).rsample(),
}


@pytest.mark.parametrize("refused", REFUSED)
def test_refusals_are_pytorchs(refused: str) -> None:
    errors = []
    for library, package in ((engine, ours), (torch, theirs)):
        with pytest.raises((ValueError, NotImplementedError)) as caught:
            REFUSED[refused](library, package)
        errors.append(caught.value)
    mine, right = errors
    assert type(mine) is type(right)
    begins = str(right).split("\n")[0].replace("torch.Size", "engine.Size").replace("torch.Tensor", "Tensor")
    if refused not in ("text", "gradients of samples"):
        assert str(mine).startswith(begins[:60])


def test_nothing_is_checked_on_request() -> None:
    assert ours.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    assert ours.Uniform(0.0, 1.0, validate_args=False).log_prob(engine.tensor(2.0)).item() == -np.inf
    ours.Distribution.set_default_validate_args(False)
    try:
        ours.Bernoulli(3.0)
    finally:
        ours.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="probs"):
        ours.Bernoulli(3.0)
