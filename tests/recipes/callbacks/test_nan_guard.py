"""A training that diverges ends before the update, with the parameters of the last good step and the batch to blame."""

from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.optim import SGD
from recipes.callbacks import Callback, NanGuard
from recipes.errors import DivergedError
from recipes.run.host import to_array
from tests.recipes.loops.small_training import SmallTraining, parameters_of


class Broken:
    """Cross entropy that becomes `value` times itself at the n-th call."""

    def __init__(self, call: int, value: float) -> None:
        self.call, self.value, self.calls, self.targets = call, value, 0, None

    def __call__(self, outputs: Any, targets: Any) -> Any:
        self.calls += 1
        loss = nn.functional.cross_entropy(outputs, targets)
        if self.calls == self.call:
            self.targets = to_array(targets)
            return loss * self.value
        return loss


class Parameters(Callback):
    """Takes down the parameters after each step."""

    def __init__(self) -> None:
        self.seen: list[dict[str, bytes]] = []

    def after_step(self, training: Any) -> None:
        self.seen.append(parameters_of(training))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_is_no_number_ends_the_training_with_the_last_good_parameters(value: float) -> None:
    loss, parameters = Broken(4, value), Parameters()
    training = SmallTraining(loss=loss, guard=NanGuard(), parameters=parameters)
    with pytest.raises(
        DivergedError, match=rf"the loss of step 4 is {value}; the learning rate was 0\.1, try"
    ) as caught:
        training.loop.fit()
    assert caught.value.exit_code == 3
    assert training.loop.step == 3
    assert parameters_of(training.loop) == parameters.seen[-1]
    inputs, targets = caught.value.batch
    np.testing.assert_array_equal(to_array(targets), loss.targets)
    assert len(inputs) == len(targets)


class Hidden(engine.autograd.Function):
    """The identity, whose gradient is what the class says."""

    gradient = float("nan")

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * Hidden.gradient


class Backward:
    """Cross entropy whose gradient breaks at the n-th call, while the loss looks well."""

    def __init__(self, call: int) -> None:
        self.call, self.calls = call, 0

    def __call__(self, outputs: Any, targets: Any) -> Any:
        self.calls += 1
        return nn.functional.cross_entropy(Hidden.apply(outputs) if self.calls == self.call else outputs, targets)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_gradient_that_is_no_number_is_named_before_it_reaches_the_parameters(
    value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hidden, "gradient", value)
    parameters = Parameters()
    training = SmallTraining(loss=Backward(3), guard=NanGuard(), parameters=parameters)
    with pytest.raises(
        DivergedError, match=r"the gradient of layers\.1\.weight in step 3 is not finite \(the loss is "
    ):
        training.loop.fit()
    assert training.loop.step == 2
    assert parameters_of(training.loop) == parameters.seen[-1]


def test_gradients_are_looked_at_as_often_as_was_asked() -> None:
    training = SmallTraining(loss=Backward(2), guard=NanGuard(gradients_every=4))
    with pytest.raises(DivergedError, match="the loss of step 3 is nan"):
        training.loop.fit()
    training = SmallTraining(loss=Backward(5), guard=NanGuard(gradients_every=4))
    with pytest.raises(DivergedError, match=r"the gradient of layers\.1\.weight in step 5"):
        training.loop.fit()


def test_large_finite_gradients_are_no_divergence() -> None:
    class Still(SGD):
        """Leaves the parameters: what is asked is whether the guard lets the step happen."""

        def step(self, closure: Any = None) -> Any:
            return None

    def huge(outputs: Any, targets: Any) -> Any:
        return (outputs * 1e37).sum()

    training = SmallTraining(epochs=1, dropout=0.0, loss=huge, guard=NanGuard(), optimizer=lambda p: Still(p, lr=0.1))
    training.loop.train_epoch()
    assert training.loop.step == 5


def test_without_the_guard_the_parameters_are_lost() -> None:
    training = SmallTraining(loss=Broken(4, float("nan")))
    training.loop.fit()
    assert not np.isfinite(np.frombuffer(parameters_of(training.loop)["layers.1.weight"], "float32")).any()


def test_gradients_every_less_than_one_step_is_refused() -> None:
    with pytest.raises(ValueError, match="gradients_every must be at least 1 step, got 0"):
        NanGuard(gradients_every=0)
