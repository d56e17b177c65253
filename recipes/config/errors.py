"""What is wrong with a config, where it stands, and what would be right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from recipes.config.source import Source
from recipes.errors import UsageError


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: what, where it was written, and what would be right."""

    message: str
    source: Source | None = None
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.source}: " if self.source else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{where}{self.message}{hint}"


class ConfigError(UsageError):
    """A config that cannot be run; `problems` holds everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(*self.problems)

    def __str__(self) -> str:
        if len(self.problems) == 1:
            return str(self.problems[0])
        lines = [f"{len(self.problems)} problems in the config:"]
        return "\n".join(lines + [f"  {problem}" for problem in self.problems])


def suggestion(given: str, allowed: Iterable[str], *, list_all: bool = False) -> str:
    """Say `did you mean 'lr'?` where something allowed looks like what was given, else (or `list_all`) list it all."""
    names = sorted(map(str, allowed))
    close = get_close_matches(given, names, n=1, cutoff=0.6)
    near = f"did you mean {close[0]!r}?" if close else ""
    if not names or (near and not list_all):
        return near
    return f"{near} there are: {', '.join(names)}".strip()
