"""Every run gets a folder of its own, and is found again by path, beginning of its id, or as the latest."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from recipes.errors import UsageError
from recipes.run.folder import create_run_folder, find_run, list_runs

NOON = datetime(2026, 11, 20, 12)


def nothing(draft: Path, identity: str) -> None:
    """A run that begins with an empty folder."""


def test_a_folder_is_named_by_time_and_chance(tmp_path: Path) -> None:
    folder = create_run_folder(tmp_path, "digits_mlp", NOON, nothing)
    assert folder.is_dir()
    assert folder.parent == tmp_path / "runs" / "digits_mlp"
    assert folder.name[:16] == "20261120-120000-"
    assert len(folder.name) == 22


CREATE = """
import sys
from datetime import datetime
from pathlib import Path
from recipes.run.folder import create_run_folder
sys.stdin.readline()
for _ in range(20):
    print(create_run_folder(Path(sys.argv[1]), "digits", datetime(2026, 11, 20, 12), lambda draft, identity: None).name)
"""


def test_eight_processes_at_once_get_folders_of_their_own(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", CREATE, str(tmp_path / "outputs")]
    processes = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    names = [name for process in processes for name in process.communicate(timeout=60)[0].split()]
    assert len(set(names)) == len(names) == 160
    assert {folder.name for folder in list_runs(tmp_path / "outputs")} == set(names)


def test_a_name_that_is_taken_is_not_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chances = iter([b"\x01\x02\x03", b"\x01\x02\x03", b"\x04\x05\x06"])
    real = os.urandom
    monkeypatch.setattr(os, "urandom", lambda count: next(chances) if count == 3 else real(count))
    first = create_run_folder(tmp_path, "digits", NOON, nothing)
    second = create_run_folder(tmp_path, "digits", NOON, nothing)
    assert (first.name[-6:], second.name[-6:]) == ("010203", "040506")


@pytest.mark.parametrize("experiment", ["../elsewhere", "a/b", "", ".hidden", "-x", "a b"])
def test_an_experiment_is_one_folder_name(experiment: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't name a folder"):
        create_run_folder(tmp_path, experiment, NOON, nothing)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    for experiment, name in [
        ("digits", "20261120-120000-aaaa11"),
        ("digits", "20261121-120000-aabb22"),
        ("fashion", "20261120-130000-cccc33"),
    ]:
        folder = tmp_path / "runs" / experiment / name
        folder.mkdir(parents=True)
        (folder / "run.json").touch()
    (tmp_path / "runs" / "digits" / "notes").mkdir()
    return tmp_path


def test_runs_are_listed_newest_first(outputs: Path) -> None:
    assert [folder.name[-6:] for folder in list_runs(outputs)] == ["aabb22", "cccc33", "aaaa11"]


def test_within_a_second_the_one_written_last_is_the_latest(tmp_path: Path) -> None:
    folders = [create_run_folder(tmp_path, "digits", NOON, nothing) for _ in range(5)]
    for age, folder in enumerate(reversed(folders)):
        os.utime(folder, (1000 - age, 1000 - age))
    assert find_run("latest", tmp_path) == folders[-1]


@pytest.mark.parametrize(
    ("reference", "ending"),
    [
        ("latest", "aabb22"),
        ("20261121", "aabb22"),
        ("20261120-13", "cccc33"),
        ("20261120-120000-aaaa11", "aaaa11"),
        ("aaa", "aaaa11"),
        ("cccc33", "cccc33"),
        ("fashion", "cccc33"),
        ("digits/20261120", "aaaa11"),
    ],
)
def test_a_run_is_found_by_the_beginning_of_its_id(reference: str, ending: str, outputs: Path) -> None:
    assert find_run(reference, outputs).name[-6:] == ending


def test_a_run_is_found_by_its_path(outputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = outputs / "runs" / "digits" / "20261120-120000-aaaa11"
    assert find_run(str(folder), tmp_path / "other") == folder
    monkeypatch.chdir(folder)
    assert find_run(".", tmp_path / "other") == folder


def test_an_ambiguous_beginning_lists_the_runs_in_question(outputs: Path) -> None:
    with pytest.raises(UsageError, match=r"(?s)'aa' is the beginning of 2 runs.*aabb22.*aaaa11") as caught:
        find_run("aa", outputs)
    assert "cccc33" not in str(caught.value)


@pytest.mark.parametrize("reference", ["zzzz", "", "20251120", "digits/aaaa"])
def test_an_unknown_run_lists_those_that_there_are(reference: str, outputs: Path) -> None:
    with pytest.raises(UsageError, match=r"(?s)there is no run.*aabb22.*cccc33.*aaaa11"):
        find_run(reference, outputs)


@pytest.mark.parametrize("reference", ["latest", "aaaa", "./nowhere"])
def test_without_any_run_it_says_how_to_make_one(reference: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nor any other.*ml train"):
        find_run(reference, tmp_path)
