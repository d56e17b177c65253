"""Which packages a config may take parts from: ours, and those that the person at the keyboard trusts."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipes.config.errors import ConfigError, Problem
from recipes.config.marked_yaml import plain, read_marked
from recipes.config.source import Source, displayed

OURS = ("engine", "recipes")
TRUST_KEYS = ("trust", "trusted")


def settings_file() -> Path:
    """The user's own settings."""
    return Path.home() / ".config" / "galley" / "settings.yaml"


def trusted_packages(flags: Sequence[str] = (), settings: Path | None = None) -> tuple[str, ...]:
    """The packages that `--trust` and the user's settings file (`trust: [package, ...]`) name.

    Raises ConfigError where one is not a package's name.
    """
    path = settings or settings_file()
    named = [(package, Source("override", f"--trust {package}")) for package in flags]
    if path.is_file():
        listed: Any = plain(read_marked(path).root).get("trust") or []
        source = Source("file", str(path))
        if not isinstance(listed, list):
            raise ConfigError([Problem(f"trust is a list of packages, not {listed!r}", source)])
        named += [(package, source) for package in listed]
    problems = [
        Problem(f"trust: {package!r} is not the name of a package", source)
        for package, source in named
        if not (isinstance(package, str) and all(part.isidentifier() for part in package.split(".")))
    ]
    if problems:
        raise ConfigError(problems)
    return tuple(dict.fromkeys(package for package, _ in named))


def trust_in_config(key: str, source: Source | None) -> Problem:
    """The problem of a config that asks to be trusted."""
    hint = f"name the package with --trust, or under `trust:` in {displayed(settings_file())}"
    return Problem(f"{key}: trust is never given by a config", source, hint)


def user_folder_last(folder: Path | None = None) -> None:
    """Let trusted packages be found in the working folder, after everything that is installed."""
    path = str((folder or Path.cwd()).resolve())
    if path not in (str(Path(entry or ".").resolve()) for entry in sys.path):
        sys.path.append(path)
