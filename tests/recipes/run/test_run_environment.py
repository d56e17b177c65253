"""env.json, overrides.txt and git.patch tell what a run ran on, and keep secrets to themselves."""

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

from recipes.config import mask_override
from recipes.run.environment import write_environment
from recipes.run.working_tree import read_working_tree

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "model.py").write_text("width = 1\n")
    (folder / "blob").write_bytes(bytes(range(256)))
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def test_the_environment_is_described(repository: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("MY_PRIVATE_TOKEN", "hunter2")
    command = ["ml", "train", "config=digits", "tracking.password=hunter2"]
    write_environment(run, command=command, overrides=["optimizer.lr=0.1", "x.api_key=hunter2"], working=repository)
    text = (run / "env.json").read_text()
    found = json.loads(text)
    assert found["command"][:3] == command[:3]
    assert found["python"] == platform.python_version()
    assert found["packages"]["numpy"] == version("numpy")
    assert found["variables"]["OMP_NUM_THREADS"] == "2"
    assert found["git"] == {"commit": git(repository, "rev-parse", "HEAD"), "changed": False, "patch_left_out": None}
    assert (run / "overrides.txt").read_text() == "optimizer.lr=0.1\nx.api_key=***\n"
    assert "hunter2" not in text
    assert not (run / "git.patch").exists()


def test_the_patch_leads_from_the_commit_to_the_files_as_they_are(repository: Path, run: Path) -> None:
    (repository / "model.py").write_text("width = 2\n")
    (repository / "blob").write_bytes(bytes(300))
    git(repository, "add", "blob")
    write_environment(run, command=[], overrides=[], working=repository)
    assert json.loads((run / "env.json").read_text())["git"]["changed"] is True
    git(repository, "reset", "-q", "--hard")
    git(repository, "apply", str(run / "git.patch"))
    assert (repository / "model.py").read_text() == "width = 2\n"
    assert (repository / "blob").read_bytes() == bytes(300)


def test_a_patch_that_is_too_large_is_left_out_and_said(repository: Path) -> None:
    (repository / "model.py").write_text("width = 2\n" * 1000)
    tree = read_working_tree(repository, largest=2000)
    assert tree is not None
    assert tree.patch == b""
    assert tree.summary()["changed"] is True
    assert "2,000 bytes" in tree.summary()["patch_left_out"]


def test_without_a_repository_or_a_commit_or_git_there_is_none(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert read_working_tree(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert read_working_tree(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    write_environment(run, command=[], overrides=[], working=tmp_path)
    assert json.loads((run / "env.json").read_text())["git"] is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("tracking.mlflow.token=a=b c", "tracking.mlflow.token=***"),
        ("+tracking.auth_TOKEN=abc", "+tracking.auth_TOKEN=***"),
        ("tracking={password: abc, uri: x}", "tracking={password: ***, uri: x}"),
        ("tracking.mlflow.uri=https://user:abc@host/path", "tracking.mlflow.uri=https://***@host/path"),
        ("data.tokenizer=bpe", "data.tokenizer=bpe"),
        ("data.max_tokens=512", "data.max_tokens=512"),
        ("monitor.key=val/loss", "monitor.key=val/loss"),
        ("--dry-run", "--dry-run"),
    ],
)
def test_only_what_is_secret_is_masked(given: str, shown: str) -> None:
    assert mask_override(given) == shown
