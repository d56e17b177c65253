"""Says of every config value which file and line, override or default set it, and what it won against."""

from dataclasses import dataclass
from typing import Any

from recipes.config.interpolation import interpolated_keys
from recipes.config.overlay import DELETED, Overlay, Setting, Slot, split
from recipes.config.source import Source

__all__ = ["DELETED", "Explanation", "Provenance", "Setting"]


@dataclass(frozen=True)
class Explanation:
    """A key's value and what set it.

    `written` is the value as it was written, `losers` the values that it won against, the latest first, and
    `interpolated` explains the keys that an interpolation in it names. A deleted key has the value DELETED.
    """

    key: str
    value: Any
    written: Any
    winner: Source
    losers: tuple[Setting, ...] = ()
    interpolated: tuple["Explanation", ...] = ()


@dataclass(frozen=True)
class Provenance:
    """The history of a composed config; `choices` holds the option picked from each group."""

    overlay: Overlay
    config: dict[str, Any]
    choices: dict[str, str]

    def explain(self, key: str) -> Explanation:
        """Say what set `key` (dotted).

        Raises KeyError where no layer ever wrote the key.
        """
        return self._explain(key, set())

    def source(self, key: str) -> Source | None:
        """The place that set `key`, or the nearest key above it; None for the root."""
        names = split(key)
        while names:
            slot = self.overlay.find(".".join(names))
            if slot is not None and slot.settings:
                return slot.settings[-1].source
            names.pop()
        return None

    def value_keys(self) -> list[str]:
        """All keys that have a value of their own, in order."""
        return [key for key, _ in self.overlay.leaves()]

    def known_keys(self) -> list[str]:
        """All keys and the mappings above them, for suggestions."""
        known: dict[str, None] = {}
        for key in self.value_keys():
            names = split(key)
            known.update({".".join(names[: length + 1]): None for length in range(len(names))})
        return list(known)

    def _explain(self, key: str, seen: set[str]) -> Explanation:
        slot = self._slot(key)
        if slot is None or not slot.settings:
            raise KeyError(key)
        *losers, winner = slot.settings
        names = interpolated_keys(winner.value, key)
        return Explanation(
            key=key,
            value=value_at(self.config, key) if slot.present else DELETED,
            written=winner.value,
            winner=winner.source,
            losers=tuple(reversed(losers)),
            interpolated=tuple(
                self._explain(name, {*seen, key}) for name in names if name not in seen and self._slot(name) is not None
            ),
        )

    def _slot(self, key: str) -> Slot | None:
        """The slot of a key, or of the list that the key leads into."""
        names = split(key)
        slot = self.overlay.find(key)
        while slot is None and len(names) > 1 and names[-1].isdigit():
            names.pop()
            slot = self.overlay.find(".".join(names))
        return slot


def value_at(config: Any, key: str) -> Any:
    """The value at a dotted key of a plain config.

    Raises KeyError where there is none.
    """
    for name in split(key):
        if isinstance(config, dict):
            own = next((own for own in config if str(own) == name), None)
            if own is None:
                raise KeyError(key)
            config = config[own]
        elif isinstance(config, list) and name.isdigit() and int(name) < len(config):
            config = config[int(name)]
        else:
            raise KeyError(key)
    return config
