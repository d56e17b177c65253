"""One checkpoint: a folder of safetensors files and `state.json`, written whole or not at all, read if intact."""

import hashlib
import math
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.backend.atomic import make_folder, partial_path, write_file
from engine.serialization.safetensors_format import read_safetensors, safetensors_chunks
from engine.serialization.state_tree import ToArray, join, split
from recipes.errors import GalleyError, UsageError
from recipes.run import guarded_json
from recipes.run.checkpoint_folder import (
    Metric,
    Pointer,
    publish_step,
    step_folder,
    step_folders,
    tidy,
    write_pointer,
)

FORMAT = 1
_STATE = "state.json"
_PART = re.compile(r"[a-z][a-z0-9_]*")


class DamagedCheckpoint(UsageError):
    """A checkpoint that is not, byte for byte, what was written."""


@dataclass(frozen=True)
class State:
    """What `state.json` says: the facts, each file's size and checksum, and each part with its arrays taken out."""

    step: int
    finite: bool
    best: Metric | None
    files: dict[str, dict[str, Any]]
    parts: dict[str, Any]


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint in memory: its parts by name, and the newer damaged ones that were passed over to reach it."""

    path: Path
    step: int
    parts: dict[str, Any]
    finite: bool
    best: Metric | None
    refused: tuple[str, ...] = ()


def save_checkpoint(
    folder: Path,
    step: int,
    parts: Mapping[str, Any],
    *,
    finite: bool = True,
    best: Metric | None = None,
    to_array: ToArray = np.asarray,
) -> Path:
    """Write `parts` as the checkpoint of `step` under `folder` and point `last.json` at it, `best.json` too if `best`.

    The folder holds `<part>.safetensors` for each part with arrays, and the rest in `state.json`; equal parts give
    equal bytes. `finite` says whether the state is free of NaN and infinities, `best` that it is the best so far.
    Only the run's one writer may call this. Raises GalleyError where the disk refuses; what stood there still does.
    """
    _check_arguments(step, parts, best)
    final = step_folder(folder, step)
    partial = partial_path(final)
    try:
        make_folder(folder)
        tidy(folder)
        partial.mkdir()
        facts = {"step": int(step), "finite": bool(finite), "best": best and asdict(best)}
        _write_parts(partial, facts, parts, to_array)
        publish_step(partial, final)
        write_pointer(folder, "last", Pointer(step))
        if best is not None:
            write_pointer(folder, "best", Pointer(step, best))
    except OSError as error:
        raise GalleyError(_disk_message(folder, final, error)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return final


def load_checkpoint(path: Path) -> Checkpoint:
    """Read the checkpoint at `path`; DamagedCheckpoint names the file that is missing or differs."""
    state = read_state(path)
    arrays = {name: _read_arrays(path / name, entry["sha256"]) for name, entry in state.files.items()}
    parts = {name: join(arrays.get(_file_name(name), {}), tree) for name, tree in state.parts.items()}
    return Checkpoint(path, state.step, parts, state.finite, state.best)


def read_state(path: Path) -> State:
    """The `state.json` of the checkpoint at `path`.

    Raises DamagedCheckpoint, also where a file that it names is missing or has another size; contents stay unread.
    """
    try:
        content = guarded_json.parse((path / _STATE).read_bytes())
        if content.pop("format") != FORMAT:
            raise UsageError(f"checkpoint {path} has another format than {FORMAT}: it takes another version of galley")
        content["best"] = content["best"] and Metric(**content["best"])
        state = State(**content)
        if state.files.keys() - {_file_name(part) for part in state.parts}:
            raise ValueError("it names files of no part")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedCheckpoint(_damage(path / _STATE, error)) from error
    for name, entry in state.files.items():
        _check_size(path / name, entry["bytes"])
    return state


def _check_arguments(step: int, parts: Mapping[str, Any], best: Metric | None) -> None:
    if step < 0:
        raise ValueError(f"step {step} is negative")
    for name in parts:
        if not _PART.fullmatch(name):
            raise ValueError(f"a part can't be called {name!r}: it takes lower-case letters, digits and _")
    if best is not None and not math.isfinite(best.value):
        raise ValueError(f"{best.name} is {best.value}: only a finite value can be the best")


def _write_parts(partial: Path, facts: dict[str, Any], parts: Mapping[str, Any], to_array: ToArray) -> None:
    files, trees = {}, {}
    for name in sorted(parts):
        arrays, trees[name] = split(parts[name], to_array)
        if arrays:
            files[_file_name(name)] = _write_measured(partial / _file_name(name), safetensors_chunks(arrays))
    state = {"format": FORMAT, **facts, "files": files, "parts": trees}
    write_file(partial / _STATE, [guarded_json.render(state)])


def _write_measured(path: Path, chunks: Iterable[bytes | memoryview]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0

    def measured() -> Iterator[bytes | memoryview]:
        nonlocal size
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    write_file(path, measured())
    return {"bytes": size, "sha256": digest.hexdigest()}


def _read_arrays(path: Path, checksum: str) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != checksum:
                raise ValueError("its checksum differs")
            file.seek(0)
            return read_safetensors(file)
    except (OSError, ValueError) as error:
        raise DamagedCheckpoint(_damage(path, error)) from error


def _check_size(path: Path, expected: int) -> None:
    try:
        size = path.stat().st_size
        if size != expected:
            raise ValueError(f"it has {size} bytes, not {expected}")
    except (OSError, ValueError) as error:
        raise DamagedCheckpoint(_damage(path, error)) from error


def _file_name(part: str) -> str:
    return f"{part}.safetensors"


def _damage(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        reason = "it is missing"
    else:
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    return f"checkpoint {path.parent} is damaged: {path.name}: {reason}"


def _disk_message(folder: Path, final: Path, error: OSError) -> str:
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 1e6
    message = f"checkpoint {final} could not be written: {error.strerror or error} ({free:,.1f} MB are free there)."
    last = next(iter(step_folders(folder).values()), None)
    if last is None:
        return f"{message} None stands before it."
    return f"{message} {last.name} still stands: make room, then resume the run."
