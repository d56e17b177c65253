"""The folders that runs live in: making one, and finding one again by what a person types."""

import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from engine.backend.atomic import discard_folder, is_partial, make_folder, partial_path, publish_folder
from recipes.errors import GalleyError, UsageError

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")
_EXPERIMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHOWN = 10
_ABANDONED = 3600.0


def create_run_folder(outputs: Path, experiment: str, now: datetime, fill: Callable[[Path, str], None]) -> Path:
    """Make `outputs/runs/<experiment>/<YYYYMMDD-HHMMSS>-<6 hex>`, a folder that nobody else was given.

    `fill(draft, id)` writes its first files into a draft, which gets its name when it is complete: a kill leaves a
    whole run or none. Raises GalleyError where the disk refuses.
    """
    if not _EXPERIMENT.fullmatch(experiment):
        raise UsageError(f"{experiment!r} can't name a folder: an experiment's name takes letters, digits, _ - and .")
    parent = outputs / "runs" / experiment
    try:
        make_folder(parent)
        _remove_old_drafts(parent)
        return _publish_new(parent, now, fill)
    except OSError as error:
        raise GalleyError(f"no run can be written in {parent} (paths.outputs): {error.strerror or error}") from error


def _publish_new(parent: Path, now: datetime, fill: Callable[[Path, str], None]) -> Path:
    while True:
        final = parent / f"{now:%Y%m%d-%H%M%S}-{os.urandom(3).hex()}"
        draft = partial_path(final)
        if final.exists() or draft.exists():
            continue
        make_folder(draft)
        try:
            fill(draft, final.name)
        except BaseException:
            discard_folder(draft)
            raise
        publish_folder(draft, final)
        return final


def _remove_old_drafts(parent: Path) -> None:
    """Drafts whose process was killed long ago; others may publish or remove theirs meanwhile."""
    for path in parent.iterdir():
        with suppress(FileNotFoundError):
            if is_partial(path) and time.time() - path.stat().st_mtime > _ABANDONED:
                discard_folder(path)


def list_runs(outputs: Path) -> list[Path]:
    """Every run's folder, newest first."""
    folders = [folder for folder in outputs.glob("runs/*/*") if _ID.fullmatch(folder.name) and folder.is_dir()]
    return sorted(folders, key=_age, reverse=True)


def find_run(reference: str, outputs: Path) -> Path:
    """The folder of the run that `reference` means: `latest`, a path, or the beginning of an id.

    An id is the folder's name; its last six characters and `<experiment>/<id>` are understood too. Raises UsageError
    that lists the runs in question where none or several begin so.
    """
    runs = list_runs(outputs)
    if reference == "latest" and runs:
        return runs[0]
    path = Path(reference)
    if reference and (path / "run.json").is_file():
        return path.resolve()
    matches = [folder for folder in runs if reference and _begins(folder, reference)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"{reference!r} is the beginning of {len(matches)} runs; type more of it:\n{_table(matches)}")
    if not runs:
        raise UsageError(f"there is no run {reference!r}, nor any other in {outputs / 'runs'}: `ml train` makes one")
    raise UsageError(f"there is no run {reference!r}; the newest in {outputs / 'runs'}:\n{_table(runs)}")


def _begins(folder: Path, reference: str) -> bool:
    names = (folder.name, folder.name.rpartition("-")[2], f"{folder.parent.name}/{folder.name}")
    return any(name.startswith(reference) for name in names)


def _age(folder: Path) -> tuple[str, int, str]:
    # The name counts seconds; within one, the folder that was written to last is the newer.
    return folder.name[:15], folder.stat().st_mtime_ns, folder.name


def _table(runs: list[Path]) -> str:
    lines = [f"  {folder.parent.name}/{folder.name}" for folder in runs[:_SHOWN]]
    if len(runs) > _SHOWN:
        lines.append(f"  and {len(runs) - _SHOWN} more")
    return "\n".join(lines)
