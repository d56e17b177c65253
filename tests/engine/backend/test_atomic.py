"""Files and folders appear whole, leave nothing when they fail, and reach the disk before they get their names."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.backend.atomic import discard_folder, partial_path, remove_leftovers, replace_file, write_file
from recipes.run.checkpoint import save_checkpoint


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    replace_file(path, "één")
    replace_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["run.json"]


def test_a_replacement_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    with pytest.raises(OSError, match="taken"):
        replace_file(tmp_path / "taken", "text")
    assert os.listdir(tmp_path) == ["taken"]


def test_a_new_file_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "file", [b"new"])
    assert (tmp_path / "file").read_text() == "old"


def test_leftovers_go_and_nothing_else(tmp_path: Path) -> None:
    for name in ("step-1", ".hidden", "a.partial-1"):
        (tmp_path / name).mkdir()
    partial_path(tmp_path / "run.json").write_text("half")
    folder = partial_path(tmp_path / "step-2")
    folder.mkdir()
    (folder / "file").touch()
    elsewhere = tmp_path / "step-1" / "kept"
    elsewhere.touch()
    partial_path(tmp_path / "step-3").symlink_to(tmp_path / "step-1")
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [".hidden", "a.partial-1", "step-1"]
    assert elsewhere.exists()


def test_a_folder_is_discarded_with_its_files(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    discard_folder(tmp_path / "folder")
    assert os.listdir(tmp_path) == []


class Disk:
    """Follows what is certain to survive a loss of power: contents and names that were synced."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.unsynced: set[str] = set()
        self.published: list[str] = []
        for name in ("open", "write", "fsync", "rename", "replace", "mkdir"):
            monkeypatch.setattr(os, name, self.followed(name, getattr(os, name)))

    def followed(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any, **options: Any) -> Any:
            result = real(*arguments, **options)
            path = os.readlink(f"/proc/self/fd/{arguments[0]}") if isinstance(arguments[0], int) else str(arguments[0])
            if name in ("rename", "replace"):
                self.rename(path, str(arguments[1]))
            elif name == "fsync":
                self.unsynced.discard(path)
            elif name in ("write", "mkdir") or arguments[1] & os.O_CREAT:
                self.unsynced |= {path, os.path.dirname(path)}
            return result

        return operation

    def rename(self, old: str, new: str) -> None:
        inside = {path for path in self.unsynced if path == old or path.startswith(old + os.sep)}
        assert not inside, f"{new} gets its name before its contents are on the disk"
        self.published.append(os.path.basename(new))
        self.unsynced.add(os.path.dirname(new))


def test_nothing_gets_its_name_before_it_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    for value in (1.0, 2.0):
        save_checkpoint(
            tmp_path / "run" / "checkpoints", 100, {"model": {"w": np.full(3, value)}, "loop": {"value": value}}
        )
    assert disk.published == [
        "step-00000100",
        "last.json",
        ".step-00000100.replaced",
        "step-00000100",
        *[name for name in disk.published if name.startswith("..step-00000100.replaced.partial-")],
        "last.json",
    ]
    assert not [path for path in disk.unsynced if ".partial-" not in path], "names that could be lost with the power"
