"""The rates of a training are those of the engine's scheduler driven by hand, also after an interruption."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import engine
from engine import nn
from engine.optim import SGD
from engine.optim import lr_scheduler as rules
from recipes.callbacks import Callback, Scheduler
from recipes.errors import UsageError
from tests.recipes.loops.small_training import STEPS_PER_EPOCH, SmallTraining, through_a_checkpoint

EPOCHS = 4
STEPS = EPOCHS * STEPS_PER_EPOCH


class Rates(Callback):
    """Takes down the rate and the momentum that each step is made with."""

    def __init__(self) -> None:
        self.seen: list[tuple[float, float]] = []

    def before_update(self, training: Any, loss: Any, batch: Any) -> None:
        group = training.optimizer.param_groups[0]
        self.seen.append((group["lr"], group["momentum"]))


def seen_in_training(scheduler: Scheduler, epochs: int = EPOCHS) -> tuple[list[tuple[float, float]], SmallTraining]:
    rates = Rates()
    training = SmallTraining(epochs, scheduler=scheduler, rates=rates)
    training.loop.fit()
    return rates.seen, training


def driven_by_hand(make: Callable[[Any], Any], due: Callable[[int], bool], metric: list[float] | None = None) -> Any:
    """The rates of the same rule over an optimizer of its own, stepped after the steps that are due."""
    weight = nn.Parameter(engine.ones(1))
    optimizer = SGD([weight], lr=0.1, momentum=0.9)
    scheduler, found = make(optimizer), []
    for step in range(1, STEPS + 1):
        group = optimizer.param_groups[0]
        found.append((group["lr"], group["momentum"]))
        weight.grad = engine.ones(1)
        optimizer.step()
        if due(step) and step < STEPS:
            scheduler.step(*([] if metric is None else [metric[step // STEPS_PER_EPOCH - 1]]))
    return found


def each(interval: int) -> Callable[[int], bool]:
    return lambda step: step % interval == 0


CASES: dict[str, tuple[Callable[..., Any], str, int]] = {
    "cosine, each epoch": (partial(rules.CosineAnnealingLR, T_max=EPOCHS), "1ep", STEPS_PER_EPOCH),
    "exponential, each step": (partial(rules.ExponentialLR, gamma=0.9), "1st", 1),
    "steps, every second epoch": (partial(rules.StepLR, step_size=1, gamma=0.5), "2ep", 2 * STEPS_PER_EPOCH),
    "linear, every third step": (partial(rules.LinearLR, start_factor=0.1, total_iters=4), "3st", 3),
    "linear, at each quarter": (partial(rules.LinearLR, start_factor=0.1, total_iters=4), "25%", STEPS // 4),
}


@pytest.mark.parametrize("name", CASES)
def test_rates_equal_those_of_the_rule_by_hand(name: str) -> None:
    rule, every, interval = CASES[name]
    seen, training = seen_in_training(Scheduler(rule, every))
    assert seen == driven_by_hand(rule, each(interval))
    assert training.loop.rate == seen[-1][0], "there is no step left to change the rate for"


def test_one_cycle_is_given_the_steps_of_an_epoch() -> None:
    seen, _ = seen_in_training(Scheduler(partial(rules.OneCycleLR, max_lr=0.5, epochs=EPOCHS), "1st"))
    whole = partial(rules.OneCycleLR, max_lr=0.5, total_steps=STEPS)
    assert seen == driven_by_hand(whole, each(1))
    assert seen_in_training(Scheduler(whole, "1st"))[0] == seen
    assert max(rate for rate, _ in seen) == pytest.approx(0.5, rel=0.05)


def test_a_plateau_follows_its_metric() -> None:
    rule = partial(rules.ReduceLROnPlateau, factor=0.5, patience=0, threshold=0.5)
    seen, training = seen_in_training(Scheduler(rule, monitor="train/loss"))
    assert seen == driven_by_hand(rule, each(STEPS_PER_EPOCH), training.values("train/loss"))
    assert seen[-1][0] < 0.1


@pytest.mark.parametrize("cut", [1, STEPS_PER_EPOCH - 1, STEPS_PER_EPOCH, STEPS_PER_EPOCH + 1, STEPS - 1])
@pytest.mark.parametrize("name", [*CASES, "one cycle"])
def test_rates_go_on_after_an_interruption(name: str, cut: int) -> None:
    rule, every, _ = CASES.get(name, (partial(rules.OneCycleLR, max_lr=0.5, epochs=EPOCHS), "1st", 1))
    straight, _ = seen_in_training(Scheduler(rule, every))
    states: list[Any] = []

    class Keep(Callback):
        priority = -200

        def after_step(self, training: Any) -> None:
            if training.step == cut and not training.last_of_epoch:
                states.append(through_a_checkpoint(training.state_dict()))

        def after_epoch(self, training: Any, metrics: Any) -> None:
            if training.step == cut:
                states.append(through_a_checkpoint(training.state_dict()))

    SmallTraining(EPOCHS, scheduler=Scheduler(rule, every), keep=Keep()).loop.fit()
    (state,) = states
    rates = Rates()
    resumed = SmallTraining(EPOCHS, seed=9, scheduler=Scheduler(rule, every), rates=rates)
    resumed.loop.load_state_dict(state)
    resumed.loop.fit()
    assert rates.seen == straight[cut:]


def test_a_rule_by_a_metric_says_which_and_steps_by_epochs() -> None:
    plateau = partial(rules.ReduceLROnPlateau, patience=1)
    assert Scheduler(plateau, monitor="validation/accuracy").monitors == ("validation/accuracy",)
    assert Scheduler(rules.ReduceLROnPlateau).monitors == ("validation/loss",)
    assert Scheduler(partial(rules.StepLR, step_size=1)).monitors == ()
    with pytest.raises(
        UsageError, match=r"scheduler\.every: a rule that follows validation/loss steps once per epochs"
    ):
        SmallTraining(scheduler=Scheduler(plateau, every="5st"))


def test_rates_never_follow_the_clock() -> None:
    with pytest.raises(UsageError, match="may not depend on the clock"):
        Scheduler(partial(rules.StepLR, step_size=1), every="1min")
