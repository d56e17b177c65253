"""Checkpoints are saved at the trigger, at each new best and at the end, and no state twice."""

from typing import Any

import pytest

from recipes.callbacks import Checkpoint
from recipes.errors import UsageError
from tests.recipes.loops.small_training import STEPS_PER_EPOCH, SmallTraining, through_a_checkpoint

NEVER = "1000000st"


class Saves:
    """Takes down where the training stood at each save, the best that was told, and the state."""

    def __init__(self) -> None:
        self.loop: Any = None
        self.places: list[tuple[int, int]] = []
        self.best: list[tuple[str, float] | None] = []
        self.states: list[Any] = []

    def __call__(self, best: tuple[str, float] | None = None) -> None:
        self.places.append((self.loop.step, self.loop.epoch))
        self.best.append(best)
        self.states.append(through_a_checkpoint(self.loop.state_dict()))


def started(
    every: str, monitor: str = "validation/loss", mode: Any = "min", **options: Any
) -> tuple[Saves, SmallTraining]:
    saves = Saves()
    training = SmallTraining(checkpoint=Checkpoint(every, monitor, mode, saves), **options)
    saves.loop = training.loop
    return saves, training


def test_steps_of_the_trigger_and_the_end_are_saved_once_each() -> None:
    saves, training = started("2st", "train/lr", "max", epochs=2)
    training.loop.fit()
    assert saves.places == [(2, 0), (4, 0), (5, 1), (6, 1), (8, 1), (10, 2)]
    assert saves.best == [None, None, ("train/lr", 0.1), None, None, None]


def test_the_end_is_saved_where_the_trigger_is_silent() -> None:
    saves, training = started(NEVER, "train/lr", "max", epochs=3)
    training.loop.fit()
    assert saves.places == [(STEPS_PER_EPOCH, 1), (3 * STEPS_PER_EPOCH, 3)]


@pytest.mark.parametrize(("monitor", "mode"), [("validation/loss", "min"), ("validation/accuracy", "max")])
def test_each_new_best_is_saved_with_its_value(monitor: str, mode: str) -> None:
    saves, training = started(NEVER, monitor, mode, epochs=6)
    training.loop.fit()
    sign, best, expected = (1 if mode == "min" else -1), float("inf"), []
    for epoch, value in enumerate(training.values(monitor), 1):
        if sign * value < best:
            best = sign * value
            expected.append((epoch, (monitor, value)))
    found = [(epoch, best) for (_, epoch), best in zip(saves.places, saves.best, strict=True) if best is not None]
    assert found == expected
    assert len(expected) > 1


def test_a_state_that_was_saved_is_not_saved_again() -> None:
    saves, training = started("1st", epochs=1)
    training.loop.fit()
    keeper = training.loop.callbacks.by_name["checkpoint"]
    assert isinstance(keeper, Checkpoint)
    count = len(saves.places)
    keeper.keep(training.loop)
    assert len(saves.places) == count == STEPS_PER_EPOCH
    training.loop.step += 1
    keeper.keep(training.loop)
    assert len(saves.places) == count + 1


def test_a_resumed_run_saves_what_an_undisturbed_one_would_have_saved() -> None:
    straight, training = started("2st", epochs=3)
    training.loop.fit()
    for position, state in enumerate(straight.states):
        saves, resumed = started("2st", epochs=3, seed=50 + position)
        resumed.loop.load_state_dict(state)
        resumed.loop.fit()
        assert saves.places == straight.places[position + 1 :]
        assert saves.best == straight.best[position + 1 :]
        assert str(saves.states) == str(straight.states[position + 1 :])


def test_a_training_that_never_was_finite_has_no_best() -> None:
    saves, training = started(NEVER, epochs=2, loss=lambda outputs, targets: outputs.sum() * float("nan"))
    training.loop.fit()
    assert (saves.places, saves.best) == ([(2 * STEPS_PER_EPOCH, 2)], [None])


def test_what_it_waits_for_is_told_and_modes_are_two() -> None:
    assert Checkpoint("1ep", "validation/accuracy", "max", Saves()).monitors == ("validation/accuracy",)
    with pytest.raises(UsageError, match="mode 'best' is unknown; write min or max"):
        Checkpoint("1ep", "validation/loss", "best", Saves())  # type: ignore[arg-type]
