"""ModuleList: a list of modules."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any, Self

from engine.nn.containers.sequence import ModuleSequence
from engine.nn.module import Module
from engine.nn.module.text import bracketed, indented


class ModuleList(ModuleSequence):
    """A list whose modules are registered; it is not called itself (torch.nn.ModuleList)."""

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(chain(self, other))

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def _part(self, members: list[tuple[str, Any]]) -> Self:
        return super()._part([(str(position), module) for position, (_, module) in enumerate(members)])

    def __repr__(self) -> str:
        """Equal neighbours are told once: `(0-2): 3 x Linear(...)`."""
        blocks: list[tuple[int, int, str]] = []
        for position, text in enumerate(map(repr, self)):
            if blocks and blocks[-1][2] == text:
                blocks[-1] = (blocks[-1][0], position, text)
            else:
                blocks.append((position, position, text))
        return bracketed(self._get_name(), [], [_line(*block) for block in blocks])


def _line(first: int, last: int, text: str) -> str:
    if first == last:
        return f"({first}): {indented(text)}"
    return f"({first}-{last}): {last - first + 1} x {indented(text)}"
