"""The console's lines: one an epoch, with its metrics."""

import io
import os
from pathlib import Path

import pytest

from recipes.tracking import ConsoleTracker, Tracker


def test_an_epochs_end_is_one_line_and_steps_within_it_none(tmp_path: Path) -> None:
    stream = io.StringIO()
    tracker: Tracker = ConsoleTracker(stream)
    tracker.start(tmp_path)
    tracker.log(0, 0.0, {"val/loss": 2.3})
    tracker.log(5, 0.5, {"train/loss": 1.5})
    tracker.log(10, 1.0, {"train/loss": 0.123456, "train/lr": 0.01, "val/accuracy": 0.9})
    tracker.log(20, 2.0, {"train/loss": float("nan")})
    tracker.sync()
    assert tracker.end("finished") is None
    first, second = stream.getvalue().splitlines()
    assert first.startswith("epoch 1  step 10  train loss 0.1235 lr 0.01  val accuracy 0.9  ")
    assert second.startswith("epoch 2  step 20  train loss nan  ")


def test_reader_that_left_is_no_error(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    stream = os.fdopen(write, "w", buffering=1)
    tracker = ConsoleTracker(stream)
    tracker.start(tmp_path)
    tracker.log(10, 1.0, {"train/loss": 0.5})
    tracker.log(20, 2.0, {"train/loss": 0.4})
    with pytest.raises(BrokenPipeError):
        stream.close()
