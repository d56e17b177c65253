"""Every way out: one message, the right exit code, never a bare traceback."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from tests.cli.command_line import Shell
from tests.cli.conftest import Ml
from tests.recipes.tracking.run_folders import make_run


def test_error_for_a_person_is_one_message_with_its_exit_code(ml: Ml) -> None:
    code, output, error = ml("runs", "show", "latest")
    assert (code, output) == (2, "")
    assert error.startswith("Error: there is no run 'latest'")


def test_unforeseen_error_is_one_line_that_names_the_traceback(shell: Shell) -> None:
    # A working folder that is deleted while the command starts: nobody foresaw that.
    command = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" ls'
    answer = shell.run(["sh", "-c", command, str(shell.script)], {"TMPDIR": str(shell.home)})
    assert (answer.returncode, answer.stdout) == (1, "")
    # A Python below a path with a space is started by a shell, which has its own word to say about such a folder.
    (line,) = [line for line in answer.stderr.splitlines() if not line.startswith("sh: ")]
    assert line.startswith("Error: FileNotFoundError: ")
    named = re.search(r"the full traceback is in (\S+)\)", line)
    assert named is not None
    assert "Traceback (most recent call last)" in Path(named[1]).read_text()


def test_unforeseen_error_is_told_where_no_file_can_be_written(shell: Shell) -> None:
    command = 'mkdir gone && cd gone && rmdir ../gone && ulimit -f 0 && exec "$0" ls'
    answer = shell.run(["sh", "-c", command, str(shell.script)], {"TMPDIR": "/nonexistent"})
    assert answer.returncode == 1
    assert "FileNotFoundError" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_interrupt_ends_with_130(shell: Shell) -> None:
    folder = make_run(shell.folder / "outputs", "20261120-120000-abc123")
    waiting = folder / "metrics.jsonl"
    os.mkfifo(waiting)
    (folder / "run.json").write_text(
        '{"id": "20261120-120000-abc123", "name": "a", "experiment": "digits_mlp", "created": "2026-11-20T12:00:00",'
        ' "status": "finished", "attempts": [], "mlflow": {}, "parent_sweep": null, "frozen": {}}'
    )
    process = shell.start("runs", "show", "latest")
    assert process.stdout is not None
    # It has printed what it knows, and now waits for the metrics that nobody writes.
    assert process.stdout.readline().startswith("run ")
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=20)
    assert process.returncode == 130
    assert error.strip() == "Interrupted."


def test_reader_that_leaves_is_no_error(shell: Shell) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as pipe:
        answer = subprocess.run(
            [str(shell.script), "ls"], cwd=shell.folder, env=shell.environment, stdout=pipe, stderr=subprocess.PIPE
        )
    assert (answer.returncode, answer.stderr) == (1, b"")


def test_training_outlives_whoever_read_its_lines(shell: Shell) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as pipe:
        subprocess.run(
            [str(shell.script), "train", "config=digits_mlp", "epochs=2"],
            cwd=shell.folder,
            env=shell.environment,
            stdout=pipe,
            stderr=subprocess.PIPE,
            timeout=100,
        )
    assert " finished " in shell.ml("runs", "ls").stdout


def test_closed_standard_streams_are_no_error_and_no_files_of_the_run(shell: Shell) -> None:
    command = 'exec "$0" train config=digits_mlp epochs=1 <&- >&- 2>&-'
    assert shell.run(["sh", "-c", command, str(shell.script)], {}).returncode == 0
    assert "finished" in shell.ml("runs", "show", "latest").stdout


def test_name_that_no_file_can_hold_is_refused(shell: Shell) -> None:
    command = 'exec "$0" train config=digits_mlp --dry-run --name "$(printf "\\377")"'
    answer = shell.run(["sh", "-c", command, str(shell.script)], {})
    assert answer.returncode == 2
    assert "'\\udcff' holds bytes that are not UTF-8" in answer.stderr
