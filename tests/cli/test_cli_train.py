"""A training from the command line to its end, and what can be done with it afterwards."""

import json
import math
import signal
from pathlib import Path
from typing import Any

import pytest

from recipes.run.record import read_record
from recipes.tracking import read_metrics
from tests.cli.command_line import Shell

SHORT = ("train", "config=digits_mlp", "epochs=2", "~tracking.mlflow")
OWN_PART = """\
from recipes.transforms import Flatten


class Own(Flatten):
    '''A part of the user's own.'''
"""

BREAKS = """\
from recipes.transforms import Flatten


class Breaks(Flatten):
    def __call__(self, batch, context):
        if context.epoch == 2:
            {}["gone"]
        return super().__call__(batch, context)
"""


@pytest.fixture
def trained(shell: Shell) -> tuple[Shell, dict[str, Any]]:
    """A shell in which a short training ended, and what it answered."""
    answer = shell.ml(*SHORT, "--json")
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("\n") == 1
    read: dict[str, Any] = json.loads(answer.stdout)
    assert "epoch" in answer.stderr
    return shell, read


def test_json_is_the_truth_about_the_run(trained: tuple[Shell, dict[str, Any]]) -> None:
    shell, answer = trained
    folder = Path(answer["run"])
    assert folder.parent == shell.folder / "outputs" / "runs" / "digits_mlp"
    assert answer["status"] == "finished" == read_record(folder).status
    recorded: dict[str, float] = {}
    for record in read_metrics(folder / "metrics.jsonl"):
        recorded |= record.metrics
    assert answer["metrics"] == {name: value for name, value in recorded.items() if name.startswith("test/")}
    assert 0.5 < answer["metrics"]["test/accuracy"] <= 1


def test_run_is_listed_shown_and_measured_again(trained: tuple[Shell, dict[str, Any]]) -> None:
    shell, answer = trained
    name = Path(answer["run"]).name
    listed = shell.ml("runs", "ls").stdout
    assert name in listed
    assert "finished" in listed
    shown = shell.ml("runs", "show", "latest").stdout.splitlines()
    assert ["test/accuracy", f"{answer['metrics']['test/accuracy']:.6g}"] in [line.split() for line in shown]
    measured = shell.ml("eval", name, "--checkpoint", "last", "--json")
    assert measured.returncode == 0, measured.stderr
    again = json.loads(measured.stdout)
    assert again["run"] == answer["run"]
    assert again["metrics"].keys() == answer["metrics"].keys()
    for metric, value in answer["metrics"].items():
        assert math.isclose(again["metrics"][metric], value, rel_tol=1e-6)


def test_finished_run_is_resumed_to_the_same_answer(trained: tuple[Shell, dict[str, Any]]) -> None:
    shell, answer = trained
    resumed = shell.ml("resume", "latest", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout) == answer


def test_person_is_shown_metrics_folder_and_name(shell: Shell) -> None:
    answer = shell.ml(*SHORT, "--name", "wide", "paths.outputs=elsewhere")
    assert answer.returncode == 0, answer.stderr
    assert "test/accuracy" in answer.stdout
    (folder,) = (shell.folder / "elsewhere" / "runs" / "digits_mlp").glob("2*")
    assert f"elsewhere/runs/digits_mlp/{folder.name}" in answer.stdout
    assert read_record(folder).name == "wide"
    assert not (shell.folder / "outputs").exists()


def test_dry_run_writes_nothing(shell: Shell) -> None:
    answer = shell.ml(*SHORT, "--dry-run", "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {"run": None, "status": "finished", "metrics": {}}
    assert list(shell.folder.iterdir()) == []


def test_validate_finds_nothing(shell: Shell) -> None:
    answer = shell.ml("config", "validate", "config=digits_mlp")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == "digits_mlp: nothing is wrong with it\n"
    assert list(shell.folder.iterdir()) == []


def test_interrupted_run_ends_with_130_and_goes_on(shell: Shell) -> None:
    process = shell.start("train", "config=digits_mlp", "epochs=60", "~tracking.mlflow")
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        while "epoch 1 " not in (line := process.stdout.readline()):
            assert line, process.stderr.read()
        process.send_signal(signal.SIGINT)
        output, error = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert "ml resume" in output
    assert " interrupted " in shell.ml("runs", "ls").stdout
    resumed = shell.ml("resume", "latest", "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["status"] == "finished"


def test_own_part_needs_trust(shell: Shell) -> None:
    shell.write("mine.py", OWN_PART)
    words = (*SHORT, "+data.transforms.own._target_=mine.Own")
    refused = shell.ml(*words)
    assert refused.returncode == 2
    assert "mine.Own is outside of engine, recipes" in refused.stderr
    assert not (shell.folder / "outputs").exists()
    assert shell.ml(*words, "--trust", "mine", "--dry-run").returncode == 0
    (shell.home / ".config" / "galley").mkdir(parents=True)
    (shell.home / ".config" / "galley" / "settings.yaml").write_text("trust: [mine]\n")
    assert shell.ml(*words, "--dry-run").returncode == 0


def test_hint_calls_the_command_as_it_was_called(shell: Shell) -> None:
    by_path = shell.ml("train", "config=digits_mlp", "epochs=1", PATH="/usr/bin:/bin")
    assert by_path.stdout.splitlines()[-1] == f"Look at it in a browser: {shell.script} ui"
    on_path = shell.ml("train", "config=digits_mlp", "epochs=1", PATH=f"{shell.script.parent}:/usr/bin:/bin")
    assert on_path.stdout.splitlines()[-1] == "Look at it in a browser: ml ui"


def test_training_that_breaks_leaves_its_traceback_in_its_folder(shell: Shell) -> None:
    shell.write("mine.py", BREAKS)
    words = ("train", "config=digits_mlp", "epochs=4", "+data.transforms.own._target_=mine.Breaks", "--trust", "mine")
    answer = shell.ml(*words, "--json")
    assert answer.returncode == 1
    ended = json.loads(answer.stdout)
    assert ended["status"] == "failed"
    folder = Path(ended["run"])
    assert read_record(folder).status == "failed"
    (message,) = [line for line in answer.stderr.splitlines() if line.startswith("Error: ")]
    written = folder.relative_to(shell.folder) / "traceback.txt"
    assert message == f"Error: KeyError: 'gone' (mine.py:7); the full traceback is in {written}"
    assert "Traceback (most recent call last)" in (folder / "traceback.txt").read_text()
    resumed = shell.ml("resume", "latest", "--trust", "mine")
    assert resumed.returncode == 1
    assert "Error: KeyError: 'gone' (mine.py:7)" in resumed.stderr
