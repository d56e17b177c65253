"""Tables on a terminal and elsewhere; JSON on a standard output of its own."""

import contextlib
import json
import math
import os
import pty
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from cli.json_output import print_json, reserved_output
from cli.table import print_table
from tests.cli.command_line import Shell

LONG = "x" * 300


def test_table_in_a_pipe_is_whole_and_aligned(capfd: pytest.CaptureFixture[str]) -> None:
    print_table(("a", "wide"), [("one", LONG), ("longer", "[b]")])
    assert capfd.readouterr().out.splitlines() == ["a       wide", f"one     {LONG}", "longer  [b]"]


def test_table_on_a_terminal_is_drawn(shell: Shell) -> None:
    reader, writer = pty.openpty()
    with os.fdopen(writer, "wb") as terminal:
        environment = shell.environment | {"TERM": "xterm", "NO_COLOR": "1"}
        subprocess.run([str(shell.script), "ls"], cwd=shell.folder, env=environment, stdout=terminal, check=True)
    shown = os.read(reader, 1 << 20).decode()
    os.close(reader)
    assert "config=digits_mlp" in shown
    assert "───" in shown


def test_json_is_what_any_reader_understands(capfd: pytest.CaptureFixture[str]) -> None:
    print_json({"run": "größe", "metrics": {"a": 0.1, "b": math.nan, "c": -math.inf}})
    line = capfd.readouterr().out
    assert line.count("\n") == 1

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    read = json.loads(line, parse_constant=refuse)
    assert read == {"run": "größe", "metrics": {"a": 0.1, "b": "NaN", "c": "-Infinity"}}


def test_everything_but_the_answer_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with reserved_output(True):
        print("progress")
        subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
    print("answer")
    output, error = capfd.readouterr()
    assert output == "answer\n"
    assert error.splitlines() == ["progress", "from a child"]


def test_output_is_given_back_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), reserved_output(True):
        print(1 / 0)
    os.write(1, b"answer\n")
    assert capfd.readouterr().out == "answer\n"


def all_from(reader: int) -> str:
    """What a pseudo-terminal is given until its other end is closed, which Linux reports as an error."""
    parts = []
    with contextlib.suppress(OSError):
        while part := os.read(reader, 1 << 16):
            parts.append(part)
    return b"".join(parts).decode()


@pytest.mark.parametrize("columns", ["50", "200"])
def test_bar_is_on_the_terminal_and_lines_are_in_the_file(shell: Shell, columns: str) -> None:
    reader, writer = pty.openpty()
    environment = shell.environment | {"TERM": "xterm", "COLUMNS": columns}
    # Read while it is drawn: a terminal that nobody reads takes some 4 KB and no more.
    with ThreadPoolExecutor() as reading:
        with os.fdopen(writer, "wb") as terminal, (shell.folder / "log").open("wb") as log:
            whole = reading.submit(all_from, reader)
            command = [str(shell.script), "train", "config=digits_mlp", "epochs=2"]
            subprocess.run(command, cwd=shell.folder, env=environment, stdout=log, stderr=terminal, check=True)
        drawn = whole.result()
    os.close(reader)
    lines = (shell.folder / "log").read_text().splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["epoch", "1"], ["epoch", "2"]]
    assert "train/loss" not in drawn
    assert "40/40" in drawn
    assert "eta" in drawn
    # The metrics beside the bar give way where they would push it off the line.
    assert ("accuracy" in drawn) == (columns == "200")
