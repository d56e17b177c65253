"""Writing that survives a kill: a file or a folder stands whole under its name, or not at all."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

PARTIAL = ".partial-"


def partial_path(path: Path) -> Path:
    """A fresh hidden name beside `path`, for what is not finished yet."""
    return path.with_name(f".{path.name}{PARTIAL}{os.urandom(4).hex()}")


def is_partial(path: Path) -> bool:
    """Whether `path` bears a name that `partial_path` made."""
    return path.name.startswith(".") and PARTIAL in path.name


def write_file(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    """Write a new file and bring it to the disk; FileExistsError where one stands."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        for chunk in chunks:
            _write_whole(descriptor, memoryview(chunk))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: str | bytes | Iterable[bytes | memoryview]) -> None:
    """Put `content` (text as UTF-8) under `path`; a reader sees the old file or the new one, never a part."""
    partial = partial_path(path)
    chunks = [content.encode()] if isinstance(content, str) else [content] if isinstance(content, bytes) else content
    try:
        write_file(partial, chunks)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, and bring their names to the disk."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def publish_folder(partial: Path, final: Path) -> None:
    """Give a finished folder, whose files are on the disk, its name; OSError where a filled folder bears it."""
    sync_folder(partial)
    rename(partial, final)


def discard_folder(folder: Path) -> None:
    """Delete a folder that is never seen half deleted: it loses its name first."""
    partial = partial_path(folder)
    rename(folder, partial)
    shutil.rmtree(partial)


def rename(old: Path, new: Path) -> None:
    """Rename within one folder, and bring the new name to the disk."""
    os.rename(old, new)
    sync_folder(new.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names inside a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Delete what a killed process left half written or half deleted in `folder`; for its only writer."""
    for entry in [entry for entry in folder.iterdir() if is_partial(entry)]:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _write_whole(descriptor: int, content: memoryview) -> None:
    # One os.write may take less than it was given: at most 2 GiB, less where the disk is nearly full.
    while content:
        content = content[os.write(descriptor, content) :]
