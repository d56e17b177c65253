"""The checkpoints of a run as a row in time: the newest intact one, the best one, and which ones stay."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from engine.backend.atomic import discard_folder, rename
from recipes.errors import UsageError
from recipes.run.checkpoint import Checkpoint, DamagedCheckpoint, State, load_checkpoint, read_state
from recipes.run.checkpoint_folder import (
    Pointer,
    read_pointer,
    step_folder,
    step_folders,
    tidy,
    write_pointer,
)


def load_latest(folder: Path, *, finite_only: bool = False) -> Checkpoint | None:
    """The newest intact checkpoint, None where there is none at all.

    Each newer one that is damaged is named in `refused`. `finite_only` passes over states with NaN or infinities.
    Changes nothing on the disk, so it may run beside a training. Raises UsageError where every one is damaged.
    """
    refused: list[str] = []
    for path in step_folders(folder).values():
        try:
            if finite_only and not read_state(path).finite:
                continue
            return replace(load_checkpoint(path), refused=tuple(refused))
        except DamagedCheckpoint as damage:
            refused.append(str(damage))
    if refused:
        raise UsageError("no checkpoint is intact:\n" + "\n".join(f"  {line}" for line in refused))
    return None


def load_best(folder: Path) -> Checkpoint | None:
    """The checkpoint that `best.json` means, None where none was marked; UsageError where it is gone or damaged."""
    pointer = read_pointer(folder, "best")
    if pointer is None:
        return None
    path = step_folder(folder, pointer.step)
    if not path.exists():
        raise UsageError(f"{folder / 'best.json'} means {path.name}, which is not there: take another step")
    return load_checkpoint(path)


def prune(folder: Path, *, keep_last: int, keep_best: bool = True) -> list[int]:
    """Delete all but the newest `keep_last` checkpoints, the best and the newest finite one; returns the steps deleted.

    An incomplete checkpoint counts for nothing and goes once `keep_last` newer ones are complete. Only the run's one
    writer may call this.
    """
    if keep_last < 1:
        raise ValueError(f"keep_last is {keep_last}: at least 1 checkpoint stays")
    tidy(folder)
    states = _complete_states(folder)
    newest = [state.step for state in states[:keep_last]]
    spared = [state.step for state in states if state.finite][:1]
    if keep_best and (best := read_pointer(folder, "best")):
        spared.append(best.step)
    doomed = [step for step in step_folders(folder) if newest and step < newest[-1] and step not in spared]
    # Oldest first: a kill on the way leaves a row without gaps.
    for step in reversed(doomed):
        discard_folder(step_folder(folder, step))
    return doomed


def set_aside(folder: Path, *, newer_than: int) -> None:
    """Rename the checkpoints that `load_latest` refused on its way to a step; they are not lost, and count no longer.

    `step-00000200` becomes `step-00000200.damaged`. Only the run's one writer may call this.
    """
    for step, path in step_folders(folder).items():
        if step > newer_than:
            aside = path.with_name(f"{step_folder(folder, step).name}.damaged")
            if aside.exists():
                discard_folder(aside)
            rename(path, aside)


def recover(folder: Path) -> None:
    """Bring `folder` to what it would be had no process been killed; for its only writer, before it goes on.

    Half-written and half-deleted checkpoints go; `last.json` and `best.json` mean the newest complete checkpoint, and
    the newest that was saved as the best.
    """
    if not folder.is_dir():
        return
    tidy(folder)
    states = _complete_states(folder)
    last = next((Pointer(state.step) for state in states), None)
    best = next((Pointer(state.step, state.best) for state in states if state.best), None)
    if last and last != read_pointer(folder, "last"):
        write_pointer(folder, "last", last)
    if best and best != read_pointer(folder, "best"):
        write_pointer(folder, "best", best)


def _complete_states(folder: Path) -> list[State]:
    states = []
    for path in step_folders(folder).values():
        with suppress(DamagedCheckpoint):
            states.append(read_state(path))
    return states
