"""A shell for each test, and the command line inside the test's own process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.exits import run
from tests.cli.command_line import INSTALLED, SCRIPT, Shell

Answer = tuple[int, str, str]
Ml = Callable[..., Answer]


@pytest.fixture(scope="session")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script `ml`: the installed one, else one like it."""
    if INSTALLED.exists():
        return INSTALLED
    path = tmp_path_factory.mktemp("bin") / "ml"
    path.write_text(SCRIPT)
    path.chmod(0o755)
    return path


@pytest.fixture
def shell(tmp_path: Path, script: Path) -> Shell:
    folder, home = tmp_path / "folder", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    return Shell(folder, home, script)


@pytest.fixture
def ml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ml:
    """Run a command in an empty working folder; returns its exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def answer(*arguments: str) -> Answer:
        code = run(arguments)
        return code, *capfd.readouterr()

    return answer
