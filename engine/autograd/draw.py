"""Draw: which random numbers an op is to use, as a value that a recorder can renew before each replay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class DrawSource(Protocol):
    """What draws come from: a generator."""

    def draw(self) -> Draw:
        """The next draw; no two draws of a generator share numbers."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The random numbers number `offset` of the seed `seed`; draws of equal seed and offset are equal."""

    generator: DrawSource = field(repr=False, compare=False)
    seed: int
    offset: int

    def renew(self) -> Draw:
        """The next draw of the same generator."""
        return self.generator.draw()
