"""Early stopping counts the epochs without a gain, as a count by hand over the whole history does."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.callbacks import EarlyStopping
from recipes.errors import UsageError
from tests.recipes.loops.small_training import SmallTraining

VALUES = st.sampled_from([0.0, 0.5, 1.0, 1.25, 2.0, 3.0, math.nan, math.inf, -math.inf])


class Stopped:
    """Takes the reason of a stop, the one thing that early stopping asks of a training."""

    reason: str | None = None

    def stop(self, reason: str) -> None:
        self.reason = reason


def epochs_until_stop(values: list[float], **options: Any) -> tuple[int | None, str | None]:
    callback, training = EarlyStopping("validation/loss", **options), Stopped()
    for number, value in enumerate(values, 1):
        callback.after_epoch(training, {"validation/loss": value})  # type: ignore[arg-type]
        if training.reason is not None:
            return number, training.reason
    return None, None


def by_hand(values: list[float], mode: str, patience: int, margin: float) -> int | None:
    """The first epoch after which the last `patience` ones brought nothing."""
    sign = 1 if mode == "max" else -1
    best, gains = -math.inf, []
    for value in values:
        gain = math.isfinite(value) and (best == -math.inf or sign * value - best > margin)
        best = sign * value if gain else best
        gains.append(gain)
    ends = [number for number in range(patience, len(values) + 1) if not any(gains[number - patience : number])]
    return ends[0] if ends else None


@given(st.lists(VALUES, max_size=12), st.sampled_from(["min", "max"]), st.integers(1, 4), st.sampled_from([0.0, 0.5]))
def test_it_stops_where_a_count_by_hand_does(values: list[float], mode: Any, patience: int, margin: float) -> None:
    found, _ = epochs_until_stop(values, mode=mode, patience=patience, margin=margin)
    assert found == by_hand(values, mode, patience, margin)


def test_the_reason_names_the_metric_the_epochs_and_the_best() -> None:
    assert epochs_until_stop([0.5, 0.6, 0.7], patience=2) == (
        3,
        "validation/loss did not get better for 2 epochs (best 0.5)",
    )
    assert epochs_until_stop([math.nan] * 3, patience=3) == (
        3,
        "validation/loss did not get better for 3 epochs (none was finite)",
    )


@given(st.lists(VALUES, min_size=1, max_size=8), st.integers(0, 7))
def test_it_goes_on_from_its_state(values: list[float], cut: int) -> None:
    straight, resumed = EarlyStopping(patience=3), EarlyStopping(patience=3)
    for position, value in enumerate(values):
        if position == cut:
            resumed.load_state_dict(straight.state_dict())
        for callback in (straight, resumed) if position >= cut else (straight,):
            callback.after_epoch(Stopped(), {"validation/loss": value})  # type: ignore[arg-type]
    if cut < len(values):
        assert resumed.state_dict() == straight.state_dict()


def test_a_training_ends_by_it() -> None:
    training = SmallTraining(epochs=20, early=EarlyStopping("train/loss", patience=2, margin=100.0))
    training.loop.fit()
    assert training.loop.epoch == 3
    assert training.loop.stopped is not None
    assert "train/loss did not get better for 2 epochs" in training.loop.stopped


def test_what_it_waits_for_is_told() -> None:
    assert EarlyStopping("validation/accuracy", "max").monitors == ("validation/accuracy",)


def test_options_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="patience must be at least 1 epoch, got 0"):
        EarlyStopping(patience=0)
    with pytest.raises(UsageError, match="mode 'low' is unknown; write min or max"):
        EarlyStopping(mode="low")  # type: ignore[arg-type]
