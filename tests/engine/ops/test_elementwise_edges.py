"""Elementwise ops where care is needed: kinks, ties and bounds beside PyTorch; large numbers; dropout."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.autograd.draw import Draw
from engine.autograd.gradients import grad
from engine.autograd.tensor_base import wrap
from engine.nn import functional
from engine.ops.elementwise import activation, arithmetic, exponential, gated_activation, power, selection
from engine.ops.randomness.dropout import dropout
from engine.tensors import Tensor

Case = tuple[str, Callable[..., Any], str, tuple[Any, ...], dict[str, Any]]
KINKS = np.array([-6.0, -3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0, np.nan])
TIES = (np.array([0.0, 1.0, 2.0, np.nan, 1.0]), np.array([0.0, 2.0, 1.0, 1.0, np.nan]))
BASES, EXPONENTS = np.array([0.0, 0.0, 0.0, 2.0, 0.0]), np.array([0.0, 2.0, 1.0, 0.0, 0.5])
ROWS = np.array([[0.5, -1.5, 2.0, 0.0], [1.0, -0.3, 0.0, -2.0]])
FUNCTIONAL = "nn.functional."

AT_KINKS: list[Case] = [
    ("abs", arithmetic.abs, "abs", (KINKS,), {}),
    ("relu", activation.relu, "relu", (KINKS,), {}),
    ("relu6", activation.relu6, FUNCTIONAL + "relu6", (KINKS,), {}),
    ("leaky_relu", activation.leaky_relu, FUNCTIONAL + "leaky_relu", (KINKS,), {"negative_slope": 0.2}),
    ("threshold", activation.threshold, FUNCTIONAL + "threshold", (KINKS, 0.5, 9.0), {}),
    ("hardtanh", activation.hardtanh, FUNCTIONAL + "hardtanh", (KINKS,), {}),
    ("hardsigmoid", activation.hardsigmoid, FUNCTIONAL + "hardsigmoid", (KINKS,), {}),
    ("hardswish", activation.hardswish, FUNCTIONAL + "hardswish", (KINKS,), {}),
    ("hardshrink", activation.hardshrink, FUNCTIONAL + "hardshrink", (KINKS,), {}),
    ("softshrink", activation.softshrink, FUNCTIONAL + "softshrink", (KINKS,), {}),
    ("elu", activation.elu, FUNCTIONAL + "elu", (KINKS,), {"alpha": 0.7}),
    ("celu", activation.celu, "celu", (KINKS,), {"alpha": 0.7}),
    ("selu", activation.selu, "selu", (KINKS,), {}),
    ("softsign", activation.softsign, FUNCTIONAL + "softsign", (KINKS,), {}),
    ("tanhshrink", activation.tanhshrink, FUNCTIONAL + "tanhshrink", (KINKS,), {}),
    ("prelu", activation.prelu, "prelu", (ROWS, np.array([0.3])), {}),
    ("prelu-channels", activation.prelu, "prelu", (ROWS, np.array([0.3, -0.2, 0.0, 1.0])), {}),
    ("glu", gated_activation.glu, FUNCTIONAL + "glu", (ROWS,), {}),
    ("glu-rows", gated_activation.glu, FUNCTIONAL + "glu", (ROWS, 0), {}),
    ("clamp", selection.clamp, "clamp", (KINKS, -1.0, 3.0), {}),
    ("clamp-crossed", selection.clamp, "clamp", (KINKS, 1.0, -1.0), {}),
    ("clamp-tensors", selection.clamp, "clamp", (KINKS, np.full(11, -1.0), np.full(11, 3.0)), {}),
    ("clamp-tensors-crossed", selection.clamp, "clamp", (KINKS, np.full(11, 1.0), np.full(11, -1.0)), {}),
    ("maximum", selection.maximum, "maximum", TIES, {}),
    ("minimum", selection.minimum, "minimum", TIES, {}),
    ("pow", power.pow, "pow", (BASES, EXPONENTS), {}),
    ("pow-zero", power.pow, "pow", (BASES, 0), {}),
    ("pow-base", power.pow, "pow", (0.0, EXPONENTS), {}),
    ("pow-negative-base", power.pow, "pow", (-2.0, EXPONENTS), {}),
    ("addcmul", arithmetic.addcmul, "addcmul", (ROWS, ROWS + 1, ROWS[0]), {"value": 0.3}),
    ("addcdiv", arithmetic.addcdiv, "addcdiv", (ROWS, ROWS, ROWS + 5), {"value": -2}),
    ("divide-floor", arithmetic.divide, "div", (ROWS, np.array(0.4)), {"rounding_mode": "floor"}),
    ("divide-trunc", arithmetic.divide, "div", (ROWS, np.array(0.4)), {"rounding_mode": "trunc"}),
]


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", AT_KINKS, ids=lambda case: case[0])
def test_pytorch_has_the_same_values_and_gradients(case: Case) -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    _, ours, name, args, keywords = case
    theirs: Any = torch
    for part in name.split("."):
        theirs = getattr(theirs, part)
    mine = [wrap(Tensor, each.copy()).requires_grad_() if isinstance(each, np.ndarray) else each for each in args]
    right = [torch.tensor(each, requires_grad=True) if isinstance(each, np.ndarray) else each for each in args]
    result, expected = ours(*mine, **keywords), theirs(*right, **keywords)
    np.testing.assert_allclose(result.array, expected.detach().numpy(), rtol=1e-12)
    gradients = grad([result], [each for each in mine if isinstance(each, Tensor)], [_ones(result)], allow_unused=True)
    leaves = [each for each in right if isinstance(each, torch.Tensor)]
    wanted = torch.autograd.grad(expected, leaves, torch.ones_like(expected), allow_unused=True)
    for gradient, answer in zip(gradients, wanted, strict=True):
        # PyTorch divides in float32 in the gradients of hardsigmoid and celu.
        np.testing.assert_allclose(gradient.array, answer.numpy(), rtol=1e-6, atol=1e-12)


HALF_PRECISION = (
    "silu", "mish", "gelu", "elu", "celu", "selu", "softplus", "logsigmoid", "hardswish", "hardsigmoid", "leaky_relu",
    "softshrink",
)  # fmt: skip


@pytest.mark.parity
@pytest.mark.parametrize("name", HALF_PRECISION)
def test_half_precision_is_rounded_once(name: str) -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    values = np.linspace(-12, 12, 997).astype("float16")
    mine = getattr(functional, name)(wrap(Tensor, values))
    right = getattr(torch.nn.functional, name)(torch.tensor(values)).numpy()
    assert mine.array.dtype == np.float16
    np.testing.assert_allclose(mine.array.astype("float64"), right.astype("float64"), rtol=1e-3, atol=2e-7)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_large_numbers_neither_overflow_nor_lose_their_gradient(dtype: str) -> None:
    large = np.array([-6e4, -800.0, -100.0, 100.0, 800.0, 6e4], dtype)
    below, above = (large < 0), (large > 0)
    limits = {
        exponential.sigmoid: (above * 1.0, large * 0.0),
        activation.logsigmoid: (np.where(below, large, 0.0), below * 1.0),
        activation.softplus: (np.where(above, large, 0.0), above * 1.0),
        gated_activation.silu: (np.where(above, large, 0.0), above * 1.0),
        gated_activation.mish: (np.where(above, large, 0.0), above * 1.0),
        gated_activation.gelu: (np.where(above, large, 0.0), above * 1.0),
        activation.elu: (np.where(above, large, -1.0), above * 1.0),
    }
    for function, (value, slope) in limits.items():
        x = wrap(Tensor, large).requires_grad_()
        y = function(x)
        (gradient,) = grad([y], [x], [_ones(y)])
        assert y.array.dtype == gradient.array.dtype == np.dtype(dtype)
        np.testing.assert_allclose(y.array.astype("float64"), value.astype("float64"), rtol=1e-3, atol=1e-30)
        np.testing.assert_allclose(gradient.array.astype("float64"), slope.astype("float64"), rtol=1e-3, atol=1e-30)


class Source:
    """A generator that counts."""

    def __init__(self) -> None:
        self.offset = 0

    def draw(self) -> Draw:
        self.offset += 1
        return Draw(self, 42, self.offset)


def test_draws_are_values() -> None:
    first, other = Source(), Source()
    assert first.draw() == other.draw()
    assert first.draw() != Draw(first, 42, 1)
    assert hash(Draw(first, 1, 2)) == hash(Draw(other, 1, 2))
    assert Draw(first, 42, 9).renew() == Draw(first, 42, 3)


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 1.0])
def test_dropout_scales_what_it_keeps_and_its_gradient_follows(p: float) -> None:
    draw = Source().draw()
    x = wrap(Tensor, np.full((200, 500), 3.0, "float32")).requires_grad_()
    y = dropout(x, p, draw)
    kept = y.array != 0
    assert y.array.dtype == np.float32
    # 100000 elements: five standard deviations are at most 0.8 %.
    assert abs(kept.mean() - (1 - p)) < 0.008
    np.testing.assert_allclose(y.array[kept], 3.0 / (1 - p) if p < 1 else 0.0, rtol=1e-6)
    (gradient,) = grad([y], [x], [_ones(y)])
    np.testing.assert_allclose(gradient.array, kept / (1 - p) if p < 1 else 0.0 * kept, rtol=1e-6)
    np.testing.assert_array_equal(dropout(x, p, draw).array, y.array)
    if 0 < p < 1:
        assert (dropout(x, p, draw.renew()).array != y.array).any()


def test_dropout_says_what_it_does_not_take() -> None:
    x = wrap(Tensor, np.ones(3))
    with pytest.raises(ValueError, match=r"between 0 and 1, but got 1\.5"):
        dropout(x, 1.5, Source().draw())
    with pytest.raises(NotImplementedError, match="int64"):
        dropout(wrap(Tensor, np.ones(3, "int64")), 0.5, Source().draw())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_left_out_infinities_become_zero() -> None:
    x = wrap(Tensor, np.array([np.inf, np.nan, 1.0]))
    np.testing.assert_array_equal(dropout(x, 1.0, Source().draw()).array, [0.0, 0.0, 0.0])


def _ones(like: Any) -> Any:
    return wrap(Tensor, np.ones(like.shape, like.array.dtype))
