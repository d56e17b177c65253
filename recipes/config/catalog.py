"""Lists the experiments and the parts that there are to choose from."""

from dataclasses import dataclass
from pathlib import Path

from recipes.config.search_path import PACKAGED, config_folders, experiment_names, find_config, group_options


@dataclass(frozen=True)
class Listed:
    """An experiment: its name, the first comment line of its file, the file, and whether it is the user's own."""

    name: str
    summary: str
    path: Path
    own: bool


def list_experiments(user_folder: Path | None = None) -> list[Listed]:
    """All experiments by name, the user's own `./configs` in front of Galley's."""
    folders = config_folders(user_folder)
    paths = [(name, find_config(name, folders)) for name in experiment_names(folders)]
    return [Listed(name, _first_comment(path), path, path.parent != PACKAGED) for name, path in paths if path]


def list_groups(user_folder: Path | None = None) -> dict[str, list[str]]:
    """Each group of parts with its options."""
    return group_options(config_folders(user_folder))


def _first_comment(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            text = line.strip()
            if text.startswith("#") and not text.startswith("# @"):
                return text.lstrip("#").strip()
            if text and not text.startswith("#"):
                break
    return ""
