"""The config of a run that is there already: as it was frozen, with what was decided when the run began."""

from pathlib import Path
from typing import Any

from recipes.config import thaw
from recipes.run.record import RunRecord


def restored_config(folder: Path, record: RunRecord) -> dict[str, Any]:
    """The config in `folder`, where `compile: auto` is what it came to; ConfigError where the config can't be read."""
    # A run from before steps could be recorded says nothing of it.
    return {**thaw(folder / "config.yaml"), "compile": record.frozen.get("compile", "off")}
