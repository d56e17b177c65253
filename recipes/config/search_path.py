"""Finds experiments and parts: in the user's own `./configs`, then in the ones that ship with Galley."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recipes.config.errors import ConfigError, Problem, suggestion
from recipes.config.source import Source, displayed

# Relative to this package, never to the working folder or to sys.path, where another `configs` may lie.
PACKAGED = Path(__file__).resolve().parents[2] / "configs"


@dataclass(frozen=True)
class Primary:
    """The YAML that a composition starts from: `name` in the first of `folders`."""

    kind: Literal["experiment", "file", "run"]
    experiment: str
    name: str
    folders: tuple[Path, ...]

    @property
    def path(self) -> Path:
        """The file itself."""
        found = find_config(self.name, self.folders)
        assert found is not None
        return found


def config_folders(user_folder: Path | None = None) -> tuple[Path, ...]:
    """The folders that are searched, first found wins: `./configs` of the working folder, then Galley's own."""
    own = (user_folder or Path.cwd()).resolve() / "configs"
    return (own, PACKAGED) if own.is_dir() and own != PACKAGED else (PACKAGED,)


def find_config(name: str, folders: tuple[Path, ...]) -> Path | None:
    """The YAML called `name` (`optimizer/sgd`) in the first folder that has it."""
    paths = (folder / f"{name}.yaml" for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def experiment_names(folders: tuple[Path, ...]) -> list[str]:
    """All experiments: the YAMLs that lie directly in a config folder, but for the shared base."""
    return sorted({path.stem for folder in folders for path in folder.glob("*.yaml") if path.is_file()} - {"base"})


def group_options(folders: tuple[Path, ...]) -> dict[str, list[str]]:
    """Each group with the options that it has in any of the folders."""
    groups: dict[str, set[str]] = {}
    for folder in folders:
        for path in filter(Path.is_file, folder.glob("*/**/*.yaml")):
            groups.setdefault(path.parent.relative_to(folder).as_posix(), set()).add(path.stem)
    return {group: sorted(options) for group, options in sorted(groups.items())}


def find_primary(reference: str, user_folder: Path | None = None) -> Primary:
    """Find what `config=REFERENCE` means: an experiment's name, the path of a YAML, or the folder of a finished run.

    Raises ConfigError that lists the experiments where it means nothing.
    """
    folders = config_folders(user_folder)
    path = (user_folder or Path.cwd()) / Path(reference).expanduser()
    source = Source("override", f"config={reference}")
    if _is_name(reference) and find_config(reference, folders):
        return Primary("experiment", reference, reference, folders)
    if path.is_dir() and (path / "config.yaml").is_file():
        return Primary("run", path.resolve().parent.name, "config", (path.resolve(), *folders))
    if path.is_dir():
        raise ConfigError([Problem(f"{displayed(path)} is not a run: it holds no config.yaml", source)])
    if path.is_file() and path.suffix == ".yaml":
        return Primary("file", path.stem, path.stem, (path.resolve().parent, *folders))
    if path.is_file():
        raise ConfigError([Problem(f"{displayed(path)} is not a config: its name must end in .yaml", source)])
    names = experiment_names(folders)
    if path.suffix in (".yaml", ".yml") or "/" in reference:
        hint = f"did you mean config={path.stem}?" if path.stem in names else ""
        raise ConfigError([Problem(f"{reference} does not exist", source, hint)])
    hint = suggestion(reference, names, list_all=True)
    raise ConfigError([Problem(f"there is no experiment {reference!r}", source, hint)])


def _is_name(reference: str) -> bool:
    return reference not in ("", "base") and "/" not in reference and "\\" not in reference
