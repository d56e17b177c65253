"""Losses against their definitions, element by element in plain Python and NumPy."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.creation import tensor
from engine.nn import functional
from engine.testing.gradcheck import numeric_direction

RNG = np.random.default_rng(12)
SCORES, OTHERS, FAR = RNG.normal(size=(3, 5, 4))
SIGNS = np.where(OTHERS > 0, 1.0, -1.0)
CLASSES = np.array([0, 3, 1, 1, 2])
LABELS = np.array([[3, 0, -1, 1], [1, 1, 2, -1], [-1, 0, 0, 0], [0, 1, 2, 3], [2, -1, -1, -1]])
WEIGHT = np.array([0.5, 1.0, 2.0, 0.1])
VARIANCE = np.abs(FAR[:, :1]) + 0.1


def multi_margin(x: np.ndarray, y: int, p: int, margin: float) -> float:
    return WEIGHT[y] * sum(max(0, margin - x[y] + x[j]) ** p for j in range(len(x)) if j != y) / len(x)


def multilabel_margin(x: np.ndarray, labels: np.ndarray) -> float:
    wanted: list[int] = []
    for label in labels:
        if label < 0:
            break
        wanted.append(label)
    others = [k for k in range(len(x)) if k not in wanted]
    return sum(max(0, 1 - (x[j] - x[k])) for j in wanted for k in others) / len(x)


def cosine(x1: np.ndarray, x2: np.ndarray) -> float:
    return x1 @ x2 / (np.linalg.norm(x1) * np.linalg.norm(x2))


def log_sigmoid(x: Any) -> Any:
    return -np.log1p(np.exp(-x))


DEFINED: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...], Callable[[], Any]]] = {
    "soft_margin_loss": (
        functional.soft_margin_loss,
        (SCORES, SIGNS),
        lambda: np.log1p(np.exp(-SIGNS * SCORES)),
    ),
    "hinge_embedding_loss": (
        lambda x, y, **rest: functional.hinge_embedding_loss(x, y, 0.5, **rest),
        (SCORES, SIGNS),
        lambda: np.where(SIGNS == 1, SCORES, np.maximum(0, 0.5 - SCORES)),
    ),
    "margin_ranking_loss": (
        lambda x1, x2, y, **rest: functional.margin_ranking_loss(x1, x2, y, 0.5, **rest),
        (SCORES, OTHERS, SIGNS),
        lambda: np.maximum(0, 0.5 - SIGNS * (SCORES - OTHERS)),
    ),
    "multi_margin_loss": (
        lambda x, y, **rest: functional.multi_margin_loss(x, y, 2, 0.8, tensor(WEIGHT), **rest),
        (SCORES, CLASSES),
        lambda: [multi_margin(x, y, 2, 0.8) for x, y in zip(SCORES, CLASSES, strict=True)],
    ),
    "multilabel_margin_loss": (
        functional.multilabel_margin_loss,
        (SCORES, LABELS),
        lambda: [multilabel_margin(x, y) for x, y in zip(SCORES, LABELS, strict=True)],
    ),
    "multilabel_soft_margin_loss": (
        functional.multilabel_soft_margin_loss,
        (SCORES, (SIGNS > 0).astype(float)),
        lambda: -np.where(SIGNS > 0, log_sigmoid(SCORES), log_sigmoid(-SCORES)).mean(-1),
    ),
    "cosine_embedding_loss": (
        lambda x1, x2, y, **rest: functional.cosine_embedding_loss(x1, x2, y, 0.1, **rest),
        (SCORES, OTHERS, SIGNS[:, 1]),
        lambda: [
            1 - cosine(a, b) if sign > 0 else max(0, cosine(a, b) - 0.1)
            for a, b, sign in zip(SCORES, OTHERS, SIGNS[:, 1], strict=True)
        ],
    ),
    "triplet_margin_loss": (
        lambda a, p, n, **rest: functional.triplet_margin_loss(a, p, n, margin=2.0, eps=0.0, swap=True, **rest),
        (SCORES, OTHERS, FAR),
        lambda: [
            max(0, 2 + np.linalg.norm(a - p) - min(np.linalg.norm(a - n), np.linalg.norm(p - n)))
            for a, p, n in zip(SCORES, OTHERS, FAR, strict=True)
        ],
    ),
    "poisson_nll_loss": (
        functional.poisson_nll_loss,
        (SCORES, np.abs(OTHERS)),
        lambda: np.exp(SCORES) - np.abs(OTHERS) * SCORES,
    ),
    "gaussian_nll_loss": (
        lambda x, y, v, **rest: functional.gaussian_nll_loss(x, y, v, full=True, **rest),
        (SCORES, OTHERS, VARIANCE[:, 0]),
        lambda: (np.log(2 * math.pi * VARIANCE) + (SCORES - OTHERS) ** 2 / VARIANCE) / 2,
    ),
    "linear_cross_entropy": (
        lambda x, w, y, **rest: functional.linear_cross_entropy(x, w, y, **rest),
        (SCORES, OTHERS, CLASSES),
        lambda: [-(x @ OTHERS.T)[y] + np.log(np.exp(x @ OTHERS.T).sum()) for x, y in zip(SCORES, CLASSES, strict=True)],
    ),
}


@pytest.mark.parametrize("name", DEFINED)
def test_a_loss_is_its_definition(name: str) -> None:
    function, given, definition = DEFINED[name]
    expected = np.asarray(definition())
    tensors = [tensor(each) for each in given]
    np.testing.assert_allclose(function(*tensors, reduction="none").numpy(), expected, rtol=1e-9)
    np.testing.assert_allclose(function(*tensors).item(), expected.mean())
    np.testing.assert_allclose(function(*tensors, reduction="sum").item(), expected.sum())
    with pytest.raises(ValueError, match="average"):
        function(*tensors, reduction="average")


def assert_numeric(function: Callable[[Any], Any], point: np.ndarray) -> None:
    """The gradient of the sum of what a function gives, along a random direction."""
    leaf, direction = tensor(point, requires_grad=True), RNG.normal(size=point.shape)
    function(leaf).sum().backward()
    numeric = numeric_direction(lambda moved: function(tensor(moved[0])).sum().item(), [point], [direction], 1e-4)
    assert (leaf.grad.numpy() * direction).sum() == pytest.approx(numeric, rel=1e-7)


@pytest.mark.parametrize("name", DEFINED)
def test_gradients_of_a_loss_are_numeric_ones(name: str) -> None:
    function, (first, *others), _ = DEFINED[name]
    assert_numeric(lambda moving: function(moving, *map(tensor, others)), first)


def test_ctc_gradients_of_scores_are_numeric_ones() -> None:
    def losses(scores: Any) -> Any:
        targets = tensor([[1, 2, 2], [3, 1, 1]])
        return functional.ctc_loss(functional.log_softmax(scores, -1), targets, (6, 4), (3, 2), reduction="none")

    assert_numeric(losses, RNG.normal(size=(6, 2, 4)))


def test_a_target_of_another_size_is_told_once() -> None:
    with pytest.warns(UserWarning, match=r"target size \(\[4\]\) that is different to the input size \(\[5, 4\]\)"):
        functional.mse_loss(tensor(SCORES), tensor(SCORES[0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        functional.mse_loss(tensor(SCORES), tensor(OTHERS))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: functional.multi_margin_loss(x, tensor(CLASSES), p=3), ValueError, "only p == 1 and p == 2"),
        (
            lambda x: functional.multi_margin_loss(x, tensor(CLASSES[:3])),
            RuntimeError,
            r"inconsistent target size: \[3\]",
        ),
        (lambda x: functional.multi_margin_loss(x, tensor(CLASSES + 1)), RuntimeError, "out of range: 4, .* 0 to 3"),
        (lambda x: functional.multilabel_margin_loss(x, tensor(LABELS[:2])), RuntimeError, r"\[2, 4\].*\[5, 4\]"),
        (lambda x: functional.margin_ranking_loss(x, x, x[0]), RuntimeError, r"\[5, 4\], .* target: \[4\]"),
        (lambda x: functional.cosine_embedding_loss(x, x, x), RuntimeError, "multi-target not supported"),
        (lambda x: functional.triplet_margin_loss(x, x, x, margin=0), ValueError, "greater than 0, got 0"),
        (lambda x: functional.triplet_margin_loss(x, x, x[0]), RuntimeError, "anchor 2D, positive 2D, and negative 1D"),
        (lambda x: functional.gaussian_nll_loss(x, x, x[:2]), ValueError, r"incorrect size: \[2, 4\]"),
        (lambda x: functional.gaussian_nll_loss(x, x, -x * x), ValueError, "negative"),
        (
            lambda x: functional.binary_cross_entropy_with_logits(x, (x > 0).long()),
            RuntimeError,
            "float64 can't be cast to the target's engine.int64",
        ),
    ],
)
def test_what_does_not_fit_is_named(call: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(tensor(SCORES))
