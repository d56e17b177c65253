"""resume: goes on with a run from its newest intact checkpoint."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.backend.atomic import remove_leftovers
from recipes.run.assemble import Recipe, assemble
from recipes.run.attempt import Attempt, frozen_facts
from recipes.run.checkpoint import Checkpoint
from recipes.run.checkpoint_history import load_latest, prune, recover, set_aside
from recipes.run.lock import hold_run
from recipes.run.outcome import Outcome
from recipes.run.record import RunRecord, read_record
from recipes.run.restored import restored_config
from recipes.tracking import read_metrics


def resume(folder: Path, *, trusted: Sequence[str] = (), console: bool = True) -> Outcome:
    """Train a run to its end, from its newest intact checkpoint or from the start; a finished one stays as it is.

    Raises UsageError where the run, its config or its data cannot be read, or another process trains it.
    """
    read_record(folder)
    with hold_run(folder):
        record = read_record(folder)
        if record.status == "finished":
            return Outcome(folder, "finished", final_metrics(folder), ("the run was finished already",))
        recipe = assemble(restored_config(folder, record), trusted)
        loaders = recipe.loaders()
        remove_leftovers(folder)
        checkpoint = newest_checkpoint(folder / "checkpoints", recipe.config["checkpoint"]["keep"])
        outcome = Attempt(folder, recipe, console).run(checkpoint, loaders)
    refused = checkpoint.refused if checkpoint else ()
    notes = (
        *(f"passed over a damaged checkpoint: {each}" for each in refused),
        *differences(record, recipe),
        *outcome.notes,
    )
    return Outcome(folder, outcome.status, outcome.metrics, notes)


def newest_checkpoint(folder: Path, keep: int) -> Checkpoint | None:
    """The newest intact checkpoint, in a folder that is then as if no process had been killed."""
    checkpoint = load_latest(folder)
    if checkpoint is not None:
        set_aside(folder, newer_than=checkpoint.step)
        recover(folder)
        prune(folder, keep_last=keep)
    return checkpoint


def differences(record: RunRecord, recipe: Recipe) -> list[str]:
    """What rounds a step otherwise than when the run began."""
    now = frozen_facts(recipe)
    return [
        f"{name} was {_shown(before)} when the run began and is {_shown(now[name])} now: "
        "results may differ in the last bits"
        for name, before in record.frozen.items()
        if name in now and now[name] != before
    ]


def _shown(value: Any) -> str:
    return ", ".join(f"{name}={each}" for name, each in value.items()) if isinstance(value, dict) else str(value)


def final_metrics(folder: Path) -> dict[str, float]:
    """The metrics of the test split, as they were recorded."""
    found: dict[str, float] = {}
    for record in read_metrics(folder / "metrics.jsonl"):
        found |= {name: value for name, value in record.metrics.items() if name.startswith("test/")}
    return found
