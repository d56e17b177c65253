"""The MLP has the layers that it was asked for, and computes what its formula says."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine import nn
from recipes.models import MLP


@given(st.integers(1, 6), st.lists(st.integers(1, 9), max_size=3), st.integers(1, 5), st.sampled_from([0.0, 0.3]))
def test_widths_are_those_asked_for(inputs: int, hidden: list[int], outputs: int, dropout: float) -> None:
    model = MLP(inputs, hidden, outputs, dropout=dropout)
    linear = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
    assert [(each.in_features, each.out_features) for each in linear] == list(
        zip([inputs, *hidden], [*hidden, outputs], strict=True)
    )
    assert sum(isinstance(layer, nn.Dropout) for layer in model.modules()) == (len(hidden) if dropout else 0)
    assert model(engine.randn(4, inputs)).shape == (4, outputs)


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * 0.5 * (1 + _erf(x / np.sqrt(2))),
}


def _erf(x: Any) -> Any:
    from scipy.special import erf

    return erf(x)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_scores_follow_the_formula_for_inputs_of_any_shape(name: Any) -> None:
    model = MLP(12, [7, 5], 3, activation=name).double()
    images = np.random.default_rng(0).normal(size=(4, 3, 2, 2))
    hidden = images.reshape(4, 12)
    weights = [np.array(each.detach().numpy()) for each in model.parameters()]
    for weight, bias in (weights[0:2], weights[2:4]):
        hidden = ACTIVATIONS[name](hidden @ weight.T + bias)
    expected = hidden @ weights[4].T + weights[5]
    np.testing.assert_allclose(model(engine.from_numpy(images)).detach().numpy(), expected, rtol=1e-12, atol=1e-12)


def test_dropout_acts_in_training_alone() -> None:
    model = MLP(6, [32], 4, dropout=0.5)
    batch = engine.randn(3, 6)
    assert not np.array_equal(model(batch).detach().numpy(), model(batch).detach().numpy())
    model.eval()
    np.testing.assert_array_equal(model(batch).detach().numpy(), model(batch).detach().numpy())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, [4], 2), r"all widths must be at least 1, got \[0, 4\] and 2"),
        ((3, [4, 0], 2), r"all widths must be at least 1, got \[3, 4, 0\] and 2"),
        ((3, [4], -1), r"all widths must be at least 1, got \[3, 4\] and -1"),
        ((3, [4], 2, "swish"), "activation 'swish' is unknown; allowed are relu, gelu, silu, tanh"),
        ((3, [4], 2, "relu", 1.5), r"dropout.*1\.5"),
        ((3, [4], 2, "relu", -0.1), r"dropout.*-0\.1"),
    ],
)
def test_what_makes_no_model_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MLP(*arguments)


def test_an_input_of_another_width_names_both_and_the_layer() -> None:
    with pytest.raises(RuntimeError) as caught:
        MLP(64, [8], 2)(engine.ones(2, 63))
    told = " ".join([str(caught.value), *getattr(caught.value, "__notes__", ())])
    assert "63" in told
    assert "64" in told
    assert "layers.1" in told
