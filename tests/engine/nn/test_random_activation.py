"""Activations that draw, by their distributions and gradients."""

import numpy as np
import pytest

import engine
from engine import nn
from engine.nn import functional


@pytest.fixture(autouse=True)
def _seeded() -> None:
    engine.manual_seed(3)


def test_random_slopes_are_uniform_in_training_and_their_mean_otherwise() -> None:
    input = engine.full((20_000,), -1.0, requires_grad=True)
    slopes = -functional.rrelu(input, 0.2, 0.6, training=True)
    assert slopes.min().item() >= 0.2
    assert slopes.max().item() <= 0.6
    assert abs(slopes.mean().item() - 0.4) < 5 * 0.4 / np.sqrt(12 * 20_000)
    slopes.sum().backward()
    np.testing.assert_allclose(-input.grad.numpy(), slopes.detach().numpy())
    np.testing.assert_allclose(functional.rrelu(input, 0.2, 0.6).detach().numpy(), -0.4, rtol=1e-6)


def test_random_slopes_leave_what_is_above_zero_and_write_in_place() -> None:
    input = engine.tensor([2.0, -2.0])
    assert functional.rrelu_(input, training=True) is input
    assert input[0].item() == 2.0
    assert -2 / 3 <= input[1].item() <= -2 / 8
    with pytest.raises(RuntimeError, match=r"0.5.*0.3"):
        functional.rrelu(input, 0.5, 0.3)


def test_the_layer_follows_its_mode() -> None:
    layer, input = nn.RReLU(0.1, 0.3), engine.full((50,), -1.0)
    assert repr(layer) == "RReLU(lower=0.1, upper=0.3)"
    assert layer(input).std().item() > 0
    np.testing.assert_allclose(layer.eval()(input).numpy(), -0.2, rtol=1e-6)


def test_gumbel_choices_follow_softmax() -> None:
    logits = engine.tensor([0.0, 1.0, 2.0])
    choices = functional.gumbel_softmax(logits.expand(20_000, 3), tau=0.7, hard=True)
    assert choices.sum(1).eq(1).all().item()
    np.testing.assert_allclose(choices.mean(0).numpy(), logits.softmax(0).numpy(), atol=0.02)


def test_a_hard_choice_has_the_gradient_of_the_soft_one() -> None:
    gradients = []
    for hard in (False, True):
        engine.manual_seed(7)
        logits = engine.tensor([[0.5, -1.0, 2.0], [0.0, 0.0, 0.0]], requires_grad=True)
        chosen = functional.gumbel_softmax(logits, tau=0.5, hard=hard)
        (chosen * engine.tensor([1.0, 2.0, 4.0])).sum().backward()
        gradients.append(logits.grad.numpy())
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-6)
