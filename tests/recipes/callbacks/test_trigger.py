"""Intervals in steps, epochs, minutes and percent fire where a count by hand says so."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.callbacks import Timer, Trigger
from recipes.errors import UsageError


def fires(text: str, steps_per_epoch: int, total: int) -> list[int]:
    timer = Timer(Trigger.parse(text), steps_per_epoch, total)
    return [step for step in range(1, total + 1) if timer.due(step)]


def test_steps_epochs_and_percent() -> None:
    assert fires("3st", 5, 10) == [3, 6, 9]
    assert fires("1ep", 4, 12) == [4, 8, 12]
    assert fires("0.5ep", 4, 8) == [2, 4, 6, 8]
    assert fires("25%", 3, 8) == [2, 4, 6, 8]


@given(st.integers(1, 100), st.integers(1, 300))
def test_percent_fires_as_often_as_it_fits(percent: int, total: int) -> None:
    found = fires(f"{percent}%", 1, total)
    marks = {-(-Fraction(total * percent * count, 100) // 1) for count in range(1, 100 // percent + 1)}
    assert found == sorted(marks)


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 200))
def test_where_it_fires_does_not_depend_on_where_it_starts(every: int, start: int, total: int) -> None:
    timer = Timer(Trigger.parse(f"{every}st"), 10, total)
    assert [step for step in range(start, total) if timer.due(step)] == [
        step for step in range(start, total) if step % every == 0
    ]


def test_minutes_follow_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("recipes.callbacks.trigger.time.monotonic", lambda: now[0])
    timer = Timer(Trigger.parse("2min"), 10, 100)
    assert not timer.due(1)
    now[0] += 121
    assert timer.due(2)
    assert not timer.due(3)


@pytest.mark.parametrize("text", ["", "5", "st", "0st", "-1ep", "1 hour", "1e3st", "5%%", "ep1"])
def test_what_is_no_interval_says_what_is(text: str) -> None:
    with pytest.raises(UsageError, match="500st, 1ep, 10min or 5%"):
        Trigger.parse(text)


def test_what_changes_the_training_never_follows_the_clock() -> None:
    with pytest.raises(UsageError, match="may not depend on the clock"):
        Trigger.parse("10min", clock=False)
