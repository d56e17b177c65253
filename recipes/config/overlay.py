"""Lays config layers over each other as OmegaConf merges them, and remembers every value that ever stood at a key."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from recipes.config.interpolation import whole_interpolation
from recipes.config.marked_yaml import Marked
from recipes.config.source import Source

SourceOfLine = Callable[[int], Source]
MISSING = "???"


class Deleted:
    """What stands at a key after `~key`."""

    def __repr__(self) -> str:
        return "deleted"


DELETED = Deleted()


@dataclass(frozen=True)
class Setting:
    """One value that was written for a key, and where."""

    value: Any
    source: Source


@dataclass
class Slot:
    """What stands at one key: a leaf value or children by name; and its settings, the winner last."""

    settings: list[Setting] = field(default_factory=list)
    children: dict[Any, Slot] = field(default_factory=dict)
    is_mapping: bool = False
    present: bool = False
    value: Any = None

    def become_mapping(self, source: Source) -> None:
        """Turn into an empty mapping, unless it is one."""
        if not (self.present and self.is_mapping):
            self.settings.append(Setting({}, source))
            self.present, self.is_mapping, self.value = True, True, None

    def become_leaf(self, value: Any, source: Source) -> None:
        """Take a value, in place of whatever stood here."""
        self.forget_children(source)
        self.settings.append(Setting(value, source))
        self.present, self.is_mapping, self.value = True, False, value

    def delete(self, source: Source) -> None:
        """Leave nothing here but the memory of it."""
        self.forget_children(source)
        self.settings.append(Setting(DELETED, source))
        self.present, self.is_mapping, self.value = False, False, None

    def forget_children(self, source: Source) -> None:
        """Delete all below."""
        for child in self.children.values():
            if child.present:
                child.delete(source)

    def plain(self) -> Any:
        """The value here without history."""
        if not self.is_mapping:
            return copy.deepcopy(self.value)
        return {key: child.plain() for key, child in self.children.items() if child.present}


def split(key: str) -> list[str]:
    """The names of a dotted key; `a[b].c` is `a.b.c`."""
    return [name for name in re.split(r"[.\[\]]", key) if name]


class Overlay:
    """Config layers laid over each other in the order in which they are given."""

    def __init__(self) -> None:
        self.root = Slot(present=True, is_mapping=True)

    def lay(self, package: str, layer: Marked, source_of_line: SourceOfLine) -> None:
        """Merge a file's values below the key `package` ("" is the root); `source_of_line(line)` names a line."""
        for name in reversed(split(package)):
            layer = Marked({name: layer}, layer.line)
        self._merge(self.root, layer, source_of_line)

    def override(self, key: str, value: Any, source: Source) -> None:
        """Set `key` as an override does: a mapping is merged, all else replaces; the way there is made."""
        slot = self.root
        names = split(key)
        for position, name in enumerate(names):
            slot = self._followed(slot, names[:position])
            if slot.present and isinstance(slot.value, list):
                slot.become_leaf(_with_item(slot.value, names[position:], value), source)
                return
            slot.become_mapping(source)
            slot = slot.children.setdefault(name, Slot())
        if isinstance(value, dict):
            slot = self._followed(slot, names)
            self._merge(slot, _marked(value), lambda line: source)
        else:
            slot.become_leaf(value, source)

    def delete(self, key: str, source: Source) -> None:
        """Remove `key` and all below it."""
        names = split(key)
        parent = self.find(".".join(names[:-1]))
        if parent is None:
            return
        if isinstance(parent.value, list):
            shortened = [item for index, item in enumerate(parent.value) if index != int(names[-1])]
            parent.become_leaf(shortened, source)
        elif names[-1] in parent.children:
            parent.children[names[-1]].delete(source)

    def find(self, key: str) -> Slot | None:
        """The slot at `key`, through interpolations of whole mappings; None where nothing ever stood."""
        slot = self.root
        names = split(key)
        for position, name in enumerate(names):
            slot = self._followed(slot, names[:position])
            child = next((child for own, child in slot.children.items() if str(own) == name), None)
            if child is None:
                return None
            slot = child
        return slot

    def leaves(self) -> Iterator[tuple[str, Slot]]:
        """Every key that has a value now, with its slot, in order."""

        def walk(prefix: str, slot: Slot) -> Iterator[tuple[str, Slot]]:
            for name, child in slot.children.items():
                key = f"{prefix}{name}"
                if child.present and child.is_mapping and any(below.present for below in child.children.values()):
                    yield from walk(f"{key}.", child)
                elif child.present:
                    yield key, child

        return walk("", self.root)

    def plain(self) -> dict[str, Any]:
        """The config without history, interpolations unresolved."""
        config: dict[str, Any] = self.root.plain()
        return config

    def _followed(self, slot: Slot, names: list[str]) -> Slot:
        """The mapping that `slot`, standing at `names`, means: where `a` is `${b}`, a write to `a.x` goes to `b.x`."""
        seen = 0
        while slot.present and seen < 10:
            target = whole_interpolation(slot.value, ".".join(names))
            found = self.find(target) if target and target != ".".join(names) else None
            if found is None or target is None or not found.present:
                break
            leads_on = whole_interpolation(found.value, target) is not None
            if not (found.is_mapping or isinstance(found.value, list) or leads_on):
                break
            slot, names, seen = found, split(target), seen + 1
        return slot

    def _merge(self, slot: Slot, layer: Marked, source_of_line: SourceOfLine, names: tuple[str, ...] = ()) -> None:
        source = source_of_line(layer.line)
        if not isinstance(layer.value, dict):
            if layer.value == MISSING and slot.present:
                slot.settings.insert(-1, Setting(MISSING, source))
            else:
                slot.become_leaf(layer.value, source)
            return
        meant = self._followed(slot, list(names))
        if meant is not slot and meant.is_mapping:
            # OmegaConf copies the mapping that an interpolation names before it merges into it.
            twin = copy.deepcopy(meant)
            slot.children, slot.value, slot.is_mapping = twin.children, None, True
        slot.become_mapping(source)
        for name, child in layer.value.items():
            self._merge(slot.children.setdefault(name, Slot()), child, source_of_line, (*names, str(name)))


def _with_item(items: list[Any], names: list[str], value: Any) -> list[Any]:
    """A copy of a list with the item that `names` leads to replaced."""
    changed = copy.deepcopy(items)
    place: Any = changed
    for name in names[:-1]:
        place = place[int(name)] if isinstance(place, list) else place[name]
    last: Any = int(names[-1]) if isinstance(place, list) else names[-1]
    place[last] = value
    return changed


def _marked(value: Any) -> Marked:
    if isinstance(value, dict):
        return Marked({key: _marked(child) for key, child in value.items()}, 0)
    return Marked(value, 0)
