"""A loop that compiles ends with the bytes of one that does not, and tells how its steps ran."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.optim import SGD, Adam, AdamW, Muon
from engine.utils.data import DataLoader, TensorDataset
from recipes.callbacks import Callback, NanGuard
from recipes.errors import DivergedError
from recipes.loops import Interrupted
from tests.recipes.loops.small_training import (
    BATCH,
    CLASSES,
    FEATURES,
    SIZES,
    STEPS_PER_EPOCH,
    SmallTraining,
    parameters_of,
    samples,
    through_a_checkpoint,
)
from tests.recipes.loops.test_loop_resume import ended, signal_at

EPOCHS = 4


class Rows(nn.Module):
    """Takes sequences (N, length, features) of any length: batch statistics, dropout and a mean over the length."""

    def __init__(self) -> None:
        super().__init__()
        self.inward, self.norm = nn.Linear(FEATURES, 8), nn.BatchNorm1d(8)
        self.drop, self.outward = nn.Dropout(0.3), nn.Linear(8, CLASSES)

    def forward(self, input: Any) -> Any:
        hidden = self.norm(self.inward(input).transpose(1, 2)).relu()
        return self.outward(self.drop(hidden).mean(dim=2))


def repeated(batch: Any, place: Any) -> tuple[Any, Any]:
    """Each batch as sequences of a length of its own."""
    inputs, targets = batch
    length = 2 + (7 * place.epoch + int(place.indices[0])) % 5
    factors = 1 + np.arange(length, dtype="float32")[:, None] / 10
    return inputs[:, None, :] * factors, targets


def varied() -> dict[str, Any]:
    """A model with all that may round otherwise, over lengths that vary and short last batches."""
    engine.manual_seed(1)
    data = {
        name: DataLoader(
            TensorDataset(*samples(name)), batch_size=BATCH, shuffle=name == "train", seed=3, batch_transform=repeated
        )
        for name in SIZES
    }
    return {"made": Rows(), "data": data}


def _bare_linear() -> Any:
    engine.manual_seed(2)
    return nn.Linear(FEATURES, CLASSES, bias=False)


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "sgd": dict,
    "adam": lambda: {"optimizer": lambda parameters: Adam(parameters, lr=0.01), "guard": NanGuard()},
    "lengths that vary": lambda: {
        **varied(),
        "optimizer": lambda parameters: AdamW(parameters, lr=0.01),
        "guard": NanGuard(gradients_every=2),
    },
    "an optimizer without flat storage": lambda: {
        "made": _bare_linear(),
        "optimizer": lambda parameters: Muon(parameters, lr=0.01),
        "guard": NanGuard(),
    },
}


@pytest.mark.parametrize("parts", PARTS)
def test_compiled_is_the_same_to_the_bit(parts: str) -> None:
    plain, compiled = (SmallTraining(EPOCHS, compile=compile, **PARTS[parts]()) for compile in (False, True))
    for training in (plain, compiled):
        engine.manual_seed(5)
        training.loop.fit()
    assert ended(compiled) == ended(plain)
    assert compiled.logged == plain.logged
    optimizers = [through_a_checkpoint(each.loop.optimizer.state_dict()) for each in (plain, compiled)]
    np.testing.assert_equal(*(_as_arrays(each) for each in optimizers))
    steps = compiled.loop.steps()
    assert (steps.taken, steps.reason) == (EPOCHS * STEPS_PER_EPOCH, None)
    assert steps.replayed + steps.recorded == steps.taken
    assert steps.replayed >= steps.taken / 2


def _as_arrays(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _as_arrays(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_as_arrays(each) for each in value]
    return value.numpy() if hasattr(value, "numpy") else value


def test_a_compiled_training_of_lengths_that_vary_is_resumed_to_the_same_bytes() -> None:
    straight = SmallTraining(EPOCHS, compile=True, **PARTS["lengths that vary"]())
    straight.loop.fit()
    for question in range(1, 30, 3):
        broken = SmallTraining(EPOCHS, compile=True, interrupted=signal_at(question), **PARTS["lengths that vary"]())
        with pytest.raises(Interrupted):
            broken.loop.fit()
        state = through_a_checkpoint(broken.loop.state_dict())
        resumed = SmallTraining(EPOCHS, compile=True, **PARTS["lengths that vary"]())
        resumed.loop.load_state_dict(state)
        resumed.loop.fit()
        assert ended(resumed) == ended(straight)
        assert resumed.loop.steps().taken == EPOCHS * STEPS_PER_EPOCH - broken.loop.step


def test_a_step_that_acts_on_more_than_tensors_runs_as_it_is_and_the_reason_is_told() -> None:
    class Counting:
        calls = 0

        def __call__(self, outputs: Any, targets: Any) -> Any:
            self.calls += 1
            return nn.functional.cross_entropy(outputs, targets)

    plain = SmallTraining(1, loss=Counting())
    plain.loop.fit()
    loss = Counting()
    compiled = SmallTraining(1, loss=loss, compile=True)
    with pytest.warns(RuntimeWarning, match="runs without its recording: it changes .*calls"):
        compiled.loop.fit()
    assert ended(compiled) == ended(plain)
    steps = compiled.loop.steps()
    assert (steps.taken, steps.replayed, steps.recorded) == (STEPS_PER_EPOCH, 0, 0)
    assert steps.reason is not None
    assert "calls" in steps.reason


def test_a_run_that_does_not_compile_says_so() -> None:
    training = SmallTraining(1)
    training.loop.fit()
    assert training.loop.steps().reason == "the run does not compile"


def test_too_many_shapes_are_told() -> None:
    training = SmallTraining(1, compile=True)
    for length in range(1, 20):
        training.loop.training_step((engine.randn(length, FEATURES), engine.zeros(length, dtype=engine.int64)))
    steps = training.loop.steps()
    assert (steps.replayed, steps.recorded) == (0, 16)
    assert steps.reason == "there are too many shapes to keep a recording of each (3 steps)"


def test_the_guard_keeps_the_parameters_of_the_last_good_step_when_steps_are_replayed() -> None:
    seen: list[dict[str, bytes]] = []

    class After(Callback):
        def after_step(self, training: Any) -> None:
            seen.append(parameters_of(training))

    def poisoned(batch: Any, place: Any) -> tuple[Any, Any]:
        inputs, targets = batch
        return (inputs * np.float32("inf") if 7 in place.indices and place.epoch == 1 else inputs), targets

    data = {
        name: DataLoader(TensorDataset(*samples(name)), batch_size=BATCH, seed=3, batch_transform=poisoned)
        for name in SIZES
    }
    training = SmallTraining(3, compile=True, data=data, guard=NanGuard(), after=After())
    with pytest.raises(DivergedError, match="the loss of step 7 is nan"):
        training.loop.fit()
    assert training.loop.step == len(seen) == STEPS_PER_EPOCH + 1
    assert parameters_of(training.loop) == seen[-1]
    steps = training.loop.steps()
    assert steps.replayed + steps.recorded == steps.taken == 7


class Largest(Callback):
    """Takes down the largest gradient before each update."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def before_update(self, training: Any, loss: Any, batch: Any) -> None:
        self.seen.append(max(float(each.grad.abs().max()) for each in training.model.parameters()))


def test_a_callback_that_reads_gradients_is_told_between_backward_and_update() -> None:
    callbacks = [Largest(), Largest()]
    plain, compiled = (
        SmallTraining(2, compile=compile, guard=NanGuard(), largest=each)
        for compile, each in zip((False, True), callbacks, strict=True)
    )
    for training in (plain, compiled):
        engine.manual_seed(5)
        training.loop.fit()
    assert callbacks[0].seen == callbacks[1].seen
    assert len(callbacks[0].seen) == 2 * STEPS_PER_EPOCH
    assert ended(compiled) == ended(plain)
    assert compiled.loop.steps().replayed > 0


def test_an_optimizer_with_a_step_of_its_own_is_guarded_too() -> None:
    class Own(SGD):
        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                for each in group["params"]:
                    each.data -= group["lr"] * each.grad

    def loss(outputs: Any, targets: Any) -> Any:
        return nn.functional.cross_entropy(outputs, targets) * float("nan")

    training = SmallTraining(1, compile=True, loss=loss, guard=NanGuard(), optimizer=lambda each: Own(each, lr=0.1))
    before = parameters_of(training.loop)
    with pytest.raises(DivergedError, match="the loss of step 1 is nan"):
        training.loop.fit()
    assert parameters_of(training.loop) == before


def test_a_gradient_that_breaks_in_a_replayed_step_is_named() -> None:
    class Root(nn.Module):
        """Its square root of zero has an infinite gradient, while the loss is a number."""

        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(FEATURES, CLASSES)

        def forward(self, input: Any) -> Any:
            distance = (input * self.linear.weight[0]).sum(dim=1, keepdim=True).abs().sqrt()
            return self.linear(input) + distance

    def cleared(batch: Any, place: Any) -> tuple[Any, Any]:
        inputs, targets = batch
        return (inputs * 0 if 7 in place.indices and place.epoch == 1 else inputs), targets

    data = {
        name: DataLoader(TensorDataset(*samples(name)), batch_size=BATCH, seed=3, batch_transform=cleared)
        for name in SIZES
    }
    engine.manual_seed(0)
    training = SmallTraining(3, compile=True, data=data, made=Root(), guard=NanGuard())
    with pytest.raises(DivergedError, match=r"the gradient of linear\.weight in step 7 is not finite"):
        training.loop.fit()
    assert training.loop.step == STEPS_PER_EPOCH + 1
    assert training.loop.steps().replayed > 0
    assert all(np.isfinite(np.frombuffer(each, "float32")).all() for each in parameters_of(training.loop).values())
