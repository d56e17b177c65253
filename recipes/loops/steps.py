"""How the steps of an attempt ran: replayed from a recording, recorded, or as they are."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Steps:
    """How many training steps were taken, how many of them were replayed or recorded, and why the others were not.

    One that a guard ended before its update counts too.
    """

    taken: int
    replayed: int
    recorded: int
    reason: str | None


def counted(taken: int, compiled: Any) -> Steps:
    """What became of `taken` steps, of which each called the compiled function once; None is no compiled function."""
    if compiled is None:
        return Steps(taken, 0, 0, "the run does not compile")
    return Steps(taken, compiled.replays, compiled.recorded, reason(compiled))


def reason(compiled: Any) -> str | None:
    """Why a compiled function ran calls as they are; None where it did not."""
    if compiled.reason is None and compiled.crowded:
        return f"there are too many shapes to keep a recording of each ({compiled.crowded} steps)"
    told: str | None = compiled.reason
    return told
