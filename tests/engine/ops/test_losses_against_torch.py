"""Losses beside PyTorch: reductions, weights, smoothing, ignored targets, extreme logits and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.autograd.gradients import grad
from engine.autograd.tensor_base import wrap
from engine.ops.losses import loss
from engine.tensors import Tensor
from engine.testing.agreement import agree

torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
pytestmark = [
    pytest.mark.parity,
    # Losses of nothing are NaN, and some tests are about them.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
functional = torch.nn.functional

RNG = np.random.default_rng(11)
WEIGHT = RNG.uniform(0.5, 2, 5)
SHAPES = [(6, 5), (2, 5, 3), (2, 5, 3, 2), (5,), (0, 5)]
REDUCTIONS = ["mean", "sum", "none"]


def classes(shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(RNG.integers(0, 5, (shape[0], *shape[2:]) if len(shape) > 1 else ()))


def uniform(*shape: int) -> np.ndarray:
    return RNG.uniform(0.05, 0.95, shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("ignore_index", [-100, 2])
def test_cross_entropy_of_classes(
    shape: tuple[int, ...], reduction: str, label_smoothing: float, ignore_index: int
) -> None:
    logits, target = 3 * RNG.normal(size=shape), classes(shape)
    options: dict[str, Any] = {"reduction": reduction, "label_smoothing": label_smoothing, "ignore_index": ignore_index}
    agree(loss.cross_entropy, functional.cross_entropy, logits, target, **options)
    agree(loss.cross_entropy, functional.cross_entropy, logits, target, weight=WEIGHT, **options)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_cross_entropy_of_probabilities(shape: tuple[int, ...], reduction: str, label_smoothing: float) -> None:
    logits, target = 3 * RNG.normal(size=shape), uniform(*shape)
    options: dict[str, Any] = {"reduction": reduction, "label_smoothing": label_smoothing}
    agree(loss.cross_entropy, functional.cross_entropy, logits, target, **options)
    agree(loss.cross_entropy, functional.cross_entropy, logits, target, weight=WEIGHT, **options)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("ignore_index", [-100, 2])
def test_nll_loss(shape: tuple[int, ...], reduction: str, ignore_index: int) -> None:
    options: dict[str, Any] = {"reduction": reduction, "ignore_index": ignore_index}
    agree(loss.nll_loss, functional.nll_loss, RNG.normal(size=shape), classes(shape), **options)
    agree(loss.nll_loss, functional.nll_loss, RNG.normal(size=shape), classes(shape), weight=WEIGHT, **options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_second_gradient_of_weighted_cross_entropy(reduction: str, smoothing: float) -> None:
    logits, target = RNG.normal(size=(4, 5, 2)), RNG.integers(0, 5, (4, 2))
    probe = RNG.normal(size=logits.shape)

    def slope_of_slope(tensor: Any, function: Any, differentiate: Any, make: Any) -> Any:
        value = function(
            tensor, make(target), make(WEIGHT), reduction=reduction, label_smoothing=smoothing, ignore_index=3
        )
        (first,) = differentiate((value * value).sum(), (tensor,), create_graph=True)
        return differentiate((first * make(probe)).sum(), (tensor,))[0]

    ours = slope_of_slope(wrap(Tensor, logits).requires_grad_(), loss.cross_entropy, grad, lambda a: wrap(Tensor, a))
    theirs = slope_of_slope(
        torch.tensor(logits).requires_grad_(), functional.cross_entropy, torch.autograd.grad, torch.tensor
    )
    np.testing.assert_allclose(ours.array, theirs.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_cross_entropy_in_lower_precision(dtype: str) -> None:
    agree(
        loss.cross_entropy, functional.cross_entropy, RNG.normal(size=(64, 10)).astype(dtype), RNG.integers(0, 10, 64)
    )


@pytest.mark.parametrize(
    ("logits", "target"),
    [
        ([[1e4, 1e4 + 1, -1e4], [300.0, -300.0, 0.0]], [0, 1]),
        ([[0.0, -np.inf, 1.0]], [0]),
        ([[0.0, -np.inf, 1.0]], [1]),
        ([[-np.inf, -np.inf, -np.inf]], [1]),
        ([[np.nan, 0.0, 1.0]], [1]),
    ],
)
def test_extreme_logits(logits: list[list[float]], target: list[int]) -> None:
    agree(loss.cross_entropy, functional.cross_entropy, np.array(logits, "float32"), np.array(target))


def test_the_mean_of_ignored_targets_is_nan_and_moves_nothing() -> None:
    agree(loss.cross_entropy, functional.cross_entropy, RNG.normal(size=(2, 3)), np.zeros(2, int), ignore_index=0)


@pytest.mark.parametrize(
    ("logits", "target", "options"),
    [
        (uniform(2, 3), np.array([0, 5]), {}),
        (uniform(2, 3), np.array([-1, 0]), {}),
        (uniform(2, 3), np.array([0, 1, 2]), {}),
        (uniform(2, 3), np.array([0, 1], "int32"), {}),
        (uniform(2, 3), np.array([0, 1], "uint8"), {}),
        (np.arange(6).reshape(2, 3), np.array([0, 1]), {}),
        (uniform(2, 3), np.array([0, 1]), {"reduction": "avg"}),
        (uniform(2, 3), np.array([0, 1]), {"weight": np.ones(4)}),
        (uniform(2, 3), np.array([0, 1]), {"weight": np.ones(3, "float32")}),
        (uniform(2, 3, 4), np.zeros((2, 5), int), {}),
        (uniform(2, 3), uniform(2, 2), {}),
        (np.array(1.0), np.array([0]), {}),
    ],
)
def test_wrong_classes_are_refused_as_pytorch_refuses_them(
    logits: np.ndarray, target: np.ndarray, options: dict[str, Any]
) -> None:
    agree(loss.nll_loss, functional.nll_loss, logits, target, **options)
    if logits.dtype.kind == "f" and logits.ndim:
        agree(loss.cross_entropy, functional.cross_entropy, logits, target, **options)


def test_the_class_out_of_range_is_named() -> None:
    with pytest.raises(IndexError, match=r"Target 5 is out of bounds"):
        loss.cross_entropy(wrap(Tensor, uniform(2, 3)), wrap(Tensor, np.array([0, 5])))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div"])
def test_elementwise_losses(name: str, reduction: str) -> None:
    agree(getattr(loss, name), getattr(functional, name), RNG.normal(size=(3, 4)), uniform(3, 4), reduction=reduction)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("bend", [0.0, 0.3, 2.0, -1.0])
def test_where_robust_losses_bend(bend: float, reduction: str) -> None:
    input, target = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
    agree(loss.smooth_l1_loss, functional.smooth_l1_loss, input, target, reduction=reduction, beta=bend)
    agree(loss.huber_loss, functional.huber_loss, input, target, reduction=reduction, delta=bend)


def test_kl_div() -> None:
    agree(loss.kl_div, functional.kl_div, RNG.normal(size=(3, 4)), uniform(3, 4), reduction="batchmean")
    agree(loss.kl_div, functional.kl_div, RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), log_target=True)
    agree(loss.kl_div, functional.kl_div, RNG.normal(size=3), target=np.array([0.0, 0.5, 1.0]))


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy(reduction: str) -> None:
    weight = uniform(3, 4)
    agree(loss.binary_cross_entropy, functional.binary_cross_entropy, uniform(3, 4), uniform(3, 4), reduction=reduction)
    agree(
        loss.binary_cross_entropy,
        functional.binary_cross_entropy,
        uniform(3, 4),
        target=uniform(3, 4),
        weight=weight,
        reduction=reduction,
    )


def test_binary_cross_entropy_of_certain_predictions() -> None:
    certain, right_or_wrong = np.array([0.0, 1.0, 0.0, 1.0], "float32"), np.array([0.0, 1.0, 1.0, 0.0], "float32")
    agree(loss.binary_cross_entropy, functional.binary_cross_entropy, certain, target=right_or_wrong, reduction="none")


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy_with_logits(reduction: str) -> None:
    logits = 50 * RNG.normal(size=(3, 4))
    logits[0, 0] = 0
    ours, theirs = loss.binary_cross_entropy_with_logits, functional.binary_cross_entropy_with_logits
    agree(ours, theirs, logits, uniform(3, 4), reduction=reduction)
    agree(ours, theirs, logits, uniform(3, 4), weight=uniform(3, 4), pos_weight=3 * uniform(4), reduction=reduction)


def test_wrong_targets_are_refused_as_pytorch_refuses_them() -> None:
    agree(loss.binary_cross_entropy, functional.binary_cross_entropy, 5 * RNG.normal(size=(3, 4)), uniform(3, 4))
    agree(loss.binary_cross_entropy, functional.binary_cross_entropy, uniform(3, 4), uniform(4))
    agree(loss.binary_cross_entropy, functional.binary_cross_entropy, uniform(3), uniform(3).astype("float32"))
    agree(loss.binary_cross_entropy_with_logits, functional.binary_cross_entropy_with_logits, uniform(3, 4), uniform(4))
    agree(loss.mse_loss, functional.mse_loss, uniform(3, 4), uniform(3, 4).astype("float32"))
