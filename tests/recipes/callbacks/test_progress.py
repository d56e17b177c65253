"""The progress bar is drawn on a real terminal, and nowhere else."""

import io
import os
import pty
import re
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr
from typing import Any

import pytest

from recipes.callbacks import Progress
from tests.recipes.loops.small_training import SmallTraining


class Terminal:
    """A pseudo-terminal whose output is kept."""

    def __init__(self) -> None:
        self.controller, device = pty.openpty()
        self.stream = os.fdopen(device, "w")
        self.seen = b""
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self) -> None:
        # On Linux a terminal whose last writer is gone answers with an error, not with an end.
        try:
            while block := os.read(self.controller, 4096):
                self.seen += block
        except OSError:
            pass

    def text(self) -> str:
        """All that was written, without control sequences; closes the terminal."""
        self.stream.close()
        self.reader.join(20)
        os.close(self.controller)
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.seen.decode())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    """A terminal that nothing in the environment says anything about."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    made = Terminal()
    yield made
    if not made.stream.closed:
        made.text()


def trained(stream: Any, epochs: int = 3) -> SmallTraining:
    with redirect_stderr(stream):
        training = SmallTraining(epochs, progress=Progress())
        training.loop.fit()
        training.loop.callbacks.close()
    return training


def test_a_terminal_shows_epochs_steps_time_left_and_metrics(terminal: Terminal) -> None:
    training = trained(terminal.stream)
    last = [line for line in terminal.text().replace("\r", "\n").splitlines() if "epoch" in line][-1]
    assert re.search(r"epoch 3/3 .*15/15 +0:00:\d\d +eta +0:00:00", last)
    assert f"loss {training.values('validation/loss')[-1]:.4g}" in last
    assert f"accuracy {training.values('validation/accuracy')[-1]:.4g}" in last


def test_a_resumed_training_starts_its_bar_where_it_stands(terminal: Terminal) -> None:
    first = SmallTraining(epochs=3)
    first.loop.train_epoch()
    first.loop.finish_epoch()
    with redirect_stderr(terminal.stream):
        resumed = SmallTraining(epochs=3, progress=Progress())
        resumed.loop.load_state_dict(first.loop.state_dict())
        resumed.loop.train_epoch()
        resumed.loop.callbacks.close()
    text = terminal.text()
    assert "10/15" in text
    assert not re.search(r"\b0/15", text), "what was done before is not done at once"
    assert "epoch 2/3" in text


def test_closing_gives_the_terminal_back_and_may_come_twice(terminal: Terminal) -> None:
    training = trained(terminal.stream, 1)
    training.loop.callbacks.close()
    terminal.text()
    shown, hidden = terminal.seen.rfind(b"\x1b[?25h"), terminal.seen.rfind(b"\x1b[?25l")
    assert shown > hidden >= 0


def test_nothing_is_drawn_where_standard_error_is_no_terminal() -> None:
    stream = io.StringIO()
    trained(stream)
    assert stream.getvalue() == ""
