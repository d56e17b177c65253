"""Where a config value was written: a line of a file, an override, or a default of the schema."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Source:
    """A place that can set a config value.

    `text` is the file's path, the override as typed, or the schema's field; `chosen_by` the override that picked
    the file from its group.
    """

    kind: Literal["file", "override", "schema"]
    text: str
    line: int | None = None
    chosen_by: str | None = None

    def __str__(self) -> str:
        if self.kind == "override":
            return f"command line: {self.text or repr('')}"
        if self.kind == "schema":
            return f"default of {self.text}"
        place = displayed(Path(self.text)) + (f":{self.line}" if self.line else "")
        return f"{place} (picked by {self.chosen_by})" if self.chosen_by else place


def displayed(path: Path) -> str:
    """A path as a person would type it: relative where it lies below the working folder, else absolute."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, FileNotFoundError):
        return str(path)
