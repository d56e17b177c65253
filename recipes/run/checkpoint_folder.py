"""The names inside a run's checkpoints folder: steps, the pointers `last` and `best`, and their repair after a kill."""

import filecmp
import json
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from engine.backend.atomic import discard_folder, publish_folder, remove_leftovers, rename, replace_file

_STEP = re.compile(r"step-(\d{8,})")
# The older of two checkpoints of one step while the newer takes its name.
_REPLACED = re.compile(r"\.(step-(\d{8,}))\.replaced")

PointerName = Literal["last", "best"]


@dataclass(frozen=True)
class Metric:
    """A measured value by name, as in `validation/accuracy` 0.97."""

    name: str
    value: float


@dataclass(frozen=True)
class Pointer:
    """Which step `last.json` or `best.json` means, and by which metric it is the best."""

    step: int
    metric: Metric | None = None


def step_folder(folder: Path, step: int) -> Path:
    """Where the checkpoint of `step` stands."""
    return folder / f"step-{step:08d}"


def step_folders(folder: Path) -> dict[int, Path]:
    """Every checkpoint by step, newest first; one that a kill caught while it was replaced counts."""
    entries = list(folder.iterdir()) if folder.is_dir() else []
    found = {int(match[2]): entry for entry in entries if (match := _REPLACED.fullmatch(entry.name))}
    found |= {int(match[1]): entry for entry in entries if (match := _STEP.fullmatch(entry.name))}
    return dict(sorted(found.items(), reverse=True))


def publish_step(partial: Path, final: Path) -> None:
    """Give a finished checkpoint its name; one of the same step that differs makes room, one that is equal stays."""
    if not final.exists():
        publish_folder(partial, final)
    elif _same_files(partial, final):
        shutil.rmtree(partial)
    else:
        replaced = final.with_name(f".{final.name}.replaced")
        rename(final, replaced)
        try:
            publish_folder(partial, final)
        except OSError:
            rename(replaced, final)
            raise
        discard_folder(replaced)


def tidy(folder: Path) -> None:
    """Finish or undo what a killed process had begun; for the only writer of `folder`."""
    remove_leftovers(folder)
    for entry in list(folder.iterdir()):
        if match := _REPLACED.fullmatch(entry.name):
            final = folder / match[1]
            if final.exists():
                discard_folder(entry)
            else:
                rename(entry, final)


def write_pointer(folder: Path, name: PointerName, pointer: Pointer) -> None:
    """Make `last.json` or `best.json` mean a step."""
    content = {"folder": step_folder(folder, pointer.step).name, **asdict(pointer)}
    if pointer.metric is None:
        del content["metric"]
    replace_file(folder / f"{name}.json", json.dumps(content, indent=1) + "\n")


def read_pointer(folder: Path, name: PointerName) -> Pointer | None:
    """What `last.json` or `best.json` means; None where it is missing or unreadable, for `recover` writes it anew."""
    try:
        content = json.loads((folder / f"{name}.json").read_bytes())
        metric = content.get("metric")
        return Pointer(int(content["step"]), metric and Metric(str(metric["name"]), float(metric["value"])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _same_files(first: Path, second: Path) -> bool:
    names = sorted(entry.name for entry in first.iterdir())
    if names != sorted(entry.name for entry in second.iterdir()):
        return False
    return all(filecmp.cmp(first / name, second / name, shallow=False) for name in names)
