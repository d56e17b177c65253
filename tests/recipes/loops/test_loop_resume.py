"""A loop that was interrupted between any two batches ends with the same bytes as one that was not."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import engine
from engine.optim import Adam
from engine.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, ReduceLROnPlateau
from recipes.callbacks import EarlyStopping, Scheduler
from recipes.loops import Interrupted
from tests.recipes.loops.small_training import (
    BATCH,
    SIZES,
    STEPS_PER_EPOCH,
    SmallTraining,
    parameters_of,
    through_a_checkpoint,
)

EPOCHS = 2
ASKED_PER_EPOCH = STEPS_PER_EPOCH + 1 + -(-SIZES["validation"] // BATCH) + 1
ASKED = EPOCHS * ASKED_PER_EPOCH + -(-SIZES["test"] // BATCH) + 1

PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "a rate per step": lambda: {
        "scheduler": Scheduler(partial(OneCycleLR, max_lr=0.2, epochs=EPOCHS), every="1st"),
        "optimizer": lambda parameters: Adam(parameters, lr=0.01),
    },
    "a rate per epoch, and patience": lambda: {
        "scheduler": Scheduler(partial(CosineAnnealingLR, T_max=EPOCHS)),
        "early": EarlyStopping(patience=1, margin=10.0),
    },
    "a rate by a metric": lambda: {"scheduler": Scheduler(partial(ReduceLROnPlateau, patience=0, threshold=10.0))},
}


def signal_at(question: int) -> Callable[[], bool]:
    """Says yes when it is asked for the n-th time, from 1."""
    asked = 0

    def interrupted() -> bool:
        nonlocal asked
        asked += 1
        return asked == question

    return interrupted


def ended(training: SmallTraining) -> tuple[Any, ...]:
    """All that must not depend on interruptions."""
    loop = training.loop
    state = loop.state_dict()
    return parameters_of(loop), through_a_checkpoint(state["loop"]), loop.optimizer.param_groups[0]["lr"]


@pytest.mark.parametrize("compile", [False, True], ids=["as it is", "compiled"])
@pytest.mark.parametrize("parts", PARTS)
def test_interrupted_anywhere_and_resumed_ends_the_same(parts: str, compile: bool) -> None:
    straight = SmallTraining(EPOCHS, **PARTS[parts]())
    results = straight.loop.fit()
    expected = ended(straight)
    for question in range(1, ASKED + 1):
        broken = SmallTraining(EPOCHS, interrupted=signal_at(question), compile=compile, **PARTS[parts]())
        with pytest.raises(Interrupted):
            broken.loop.fit()
        state = through_a_checkpoint(broken.loop.state_dict())
        resumed = SmallTraining(EPOCHS, seed=question + 100, compile=compile, **PARTS[parts]())
        resumed.loop.load_state_dict(state)
        assert resumed.loop.fit() == results, f"interrupted at question {question} of {ASKED}"
        assert ended(resumed) == expected, f"interrupted at question {question} of {ASKED}"
        logged = {
            (step, *item) for log in (broken, resumed) for step, _, metrics in log.logged for item in metrics.items()
        }
        assert logged == {(step, *item) for step, _, metrics in straight.logged for item in metrics.items()}


def test_no_question_is_left_out() -> None:
    training = SmallTraining(EPOCHS, interrupted=signal_at(ASKED + 1))
    training.loop.fit()
    training = SmallTraining(EPOCHS, interrupted=signal_at(ASKED))
    with pytest.raises(Interrupted):
        training.loop.fit()


@pytest.mark.parametrize(
    ("question", "step", "epoch"),
    [
        (1, 0, 0),
        (3, 2, 0),
        (STEPS_PER_EPOCH + 1, STEPS_PER_EPOCH, 0),
        (STEPS_PER_EPOCH + 3, STEPS_PER_EPOCH, 0),
        (ASKED_PER_EPOCH + 2, STEPS_PER_EPOCH + 1, 1),
        (ASKED, EPOCHS * STEPS_PER_EPOCH, EPOCHS),
    ],
)
def test_a_signal_is_seen_between_two_batches_of_training_and_of_evaluation(
    question: int, step: int, epoch: int
) -> None:
    training = SmallTraining(EPOCHS, interrupted=signal_at(question))
    with pytest.raises(Interrupted):
        training.loop.fit()
    assert (training.loop.step, training.loop.epoch) == (step, epoch)
    assert engine.is_grad_enabled()


def test_a_state_taken_in_the_middle_does_not_change_when_the_training_goes_on() -> None:
    broken = SmallTraining(EPOCHS, interrupted=signal_at(4))
    with pytest.raises(Interrupted):
        broken.loop.fit()
    state = through_a_checkpoint(broken.loop.state_dict())
    ends = []
    for _ in range(2):
        resumed = SmallTraining(EPOCHS)
        resumed.loop.load_state_dict(state)
        resumed.loop.fit()
        ends.append(ended(resumed))
    assert ends[0] == ends[1]


def test_a_stopped_training_stays_stopped() -> None:
    broken = SmallTraining(
        epochs=5, early=EarlyStopping(patience=1, margin=100.0), interrupted=signal_at(2 * ASKED_PER_EPOCH + 1)
    )
    with pytest.raises(Interrupted):
        broken.loop.fit()
    assert broken.loop.epoch == 2
    resumed = SmallTraining(epochs=5, early=EarlyStopping(patience=1, margin=100.0))
    resumed.loop.load_state_dict(through_a_checkpoint(broken.loop.state_dict()))
    resumed.loop.fit()
    assert (resumed.loop.epoch, resumed.loop.stopped) == (2, broken.loop.stopped)
