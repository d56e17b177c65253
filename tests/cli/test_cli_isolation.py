"""Files in the user's folder that are called like ours, or like a package we use, do no harm."""

import os
import sys
from pathlib import Path

import pytest

from cli.user_folder import user_folder_last
from tests.cli.command_line import ROOT, Shell

TRAP = "raise SystemExit('a file of the working folder was imported')\n"
PACKAGES = ("engine", "recipes", "configs", "hydra", "rich")
MODULES = ("numpy", "click", "yaml", "omegaconf", "psutil", "dataclasses", "json", "inspect")
QUICK = [("ls",), ("--help",), ("config", "show", "config=digits_mlp"), ("doctor",), ("runs", "ls")]


@pytest.fixture
def trapped(shell: Shell) -> Shell:
    """A working folder with files that end the process when they are imported."""
    for package in PACKAGES:
        shell.write(f"{package}/__init__.py", TRAP)
    for module in MODULES:
        shell.write(f"{module}.py", TRAP)
    shell.write("configs/mine.yaml", "# My own\ndefaults: [digits_mlp, _self_]\nepochs: 3\n")
    return shell


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_console_script_passes_over_files_of_the_working_folder(trapped: Shell, words: tuple[str, ...]) -> None:
    trapped.write("cli/__init__.py", TRAP)
    answer = trapped.ml(*words)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout


@pytest.mark.parametrize("words", QUICK, ids=" ".join)
def test_python_m_passes_over_files_of_the_working_folder(trapped: Shell, words: tuple[str, ...]) -> None:
    answer = trapped.python("-m", "cli", *words)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout == trapped.ml(*words).stdout or words == ("doctor",)


def test_empty_entry_of_pythonpath_is_no_door_either(trapped: Shell) -> None:
    # Modules that Python itself imports while it starts cannot be guarded from a PYTHONPATH.
    for module in MODULES[5:]:
        (trapped.folder / f"{module}.py").unlink()
    answer = trapped.ml("config", "show", "config=digits_mlp", PYTHONPATH=os.pathsep.join(["", str(ROOT)]))
    assert (answer.returncode, answer.stderr) == (0, "")


def test_own_configs_are_used_and_own_package_is_not(trapped: Shell) -> None:
    assert "config=mine" in trapped.ml("ls").stdout
    assert "My own (yours)" in trapped.ml("ls").stdout
    assert "epochs: 3\n" in trapped.ml("config", "show", "config=mine").stdout


def test_working_folder_goes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "first", str(tmp_path), ".", "last"])
    user_folder_last()
    assert sys.path == ["first", "last", str(tmp_path)]
    user_folder_last()
    assert sys.path == ["first", "last", str(tmp_path)]


def test_command_runs_in_a_folder_that_is_found_behind_a_link(shell: Shell, tmp_path: Path) -> None:
    shell.write("numpy.py", TRAP)
    link = tmp_path / "link"
    link.symlink_to(shell.folder)
    answer = Shell(link, shell.home, shell.script).python("-m", "cli", "doctor")
    assert (answer.returncode, answer.stderr) == (0, "")
