"""train: from a composed config to a finished run."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from recipes.config import Composed, freeze
from recipes.run.attempt import Attempt, frozen_facts
from recipes.run.environment import write_environment
from recipes.run.folder import create_run_folder
from recipes.run.lock import hold_run
from recipes.run.outcome import Outcome
from recipes.run.preflight import prepare_recipe
from recipes.run.record import RunRecord, write_record


def train(
    composed: Composed,
    *,
    trusted: Sequence[str] = (),
    name: str | None = None,
    dry_run: bool = False,
    console: bool = True,
) -> Outcome:
    """Check the recipe, read its data, and train it in a folder of its own; a dry run ends before the folder.

    Raises ConfigError with every problem, and UsageError where data cannot be read: nothing is left behind then.
    """
    recipe = prepare_recipe(composed, trusted)
    if dry_run:
        return Outcome(None, "finished", {}, ("everything was checked; nothing was read or written",))
    loaders = recipe.loaders()
    now = datetime.now().astimezone()

    def fill(folder: Path, identity: str) -> None:
        freeze(composed, folder / "config.yaml")
        title = name or composed.config["name"] or identity
        write_record(
            folder,
            RunRecord(
                identity,
                title,
                composed.experiment,
                now.isoformat(timespec="milliseconds"),
                frozen=frozen_facts(recipe),
            ),
        )
        write_environment(folder, command=sys.argv, overrides=composed.overrides, working=Path.cwd())

    folder = create_run_folder(Path(composed.config["paths"]["outputs"]), composed.experiment, now, fill)
    with hold_run(folder):
        return Attempt(folder, recipe, console).run(None, loaders)
