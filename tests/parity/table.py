"""The table of what was held against PyTorch: for each name how many samples agree, and why others were left out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.parity.names import our_function
from tests.parity.reasons import Reason

LEFT_OUT_AT_MOST = 0.05


@dataclass
class Tally:
    """What was seen of one name, its variants and dtypes together."""

    samples: int = 0
    agreed: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)
    measured: bool = False
    missing: bool = False
    errors: int = 0
    errors_agreed: int = 0

    @property
    def covered(self) -> bool:
        """Whether every sample agrees but for those that may be left out."""
        compared = self.agreed + self.left_out.total() == self.samples
        return self.measured and not self.missing and self.agreed > 0 and compared


class Table:
    """A tally for each name."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}

    def __getitem__(self, name: str) -> Tally:
        return self.tallies.setdefault(name, Tally())

    def expect(self, entries: Iterable[Any]) -> None:
        """Name the names that we have not, in any of their variants."""
        for entry in entries:
            self[entry.name].missing |= our_function(entry) is None

    def counts(self, name: str) -> bool:
        """Whether a name is among those that PyTorch's results were reached for."""
        tally = self[name]
        if not tally.covered:
            return False
        if name.startswith("nn.functional."):
            return set(tally.left_out) <= {Reason.RANDOM}
        return tally.left_out.total() <= LEFT_OUT_AT_MOST * tally.samples

    def counted(self) -> list[str]:
        """The names that count."""
        return [name for name in sorted(self.tallies) if self.counts(name)]

    def lines(self) -> list[str]:
        """The table as text, the totals at its end."""
        heading = f"{'name':44} {'samples':>8} {'agreed':>8} {'left out':>9} {'errors':>9}  standing"
        return [heading, *(self._line(name) for name in sorted(self.tallies)), *self._totals()]

    def _line(self, name: str) -> str:
        tally = self[name]
        reasons = ", ".join(f"{count} {reason}" for reason, count in tally.left_out.items())
        errors = f"{tally.errors_agreed}/{tally.errors}" if tally.errors else ""
        left_out = tally.left_out.total() or ""
        standing = ", ".join(filter(None, [self._standing(name), reasons]))
        return f"{name:44} {tally.samples:8} {tally.agreed:8} {left_out:>9} {errors:>9}  {standing}"

    def _standing(self, name: str) -> str:
        tally = self[name]
        if self.counts(name):
            return "counted"
        if tally.missing:
            return "missing"
        if not tally.measured:
            return "no floating samples"
        return "left out" if tally.agreed + tally.left_out.total() == tally.samples else "DISAGREES"

    def _totals(self) -> list[str]:
        tallies = self.tallies.values()
        return [
            "",
            f"{len(self.counted())} of {len(self.tallies)} names count.",
            f"{sum(each.agreed for each in tallies)} of {sum(each.samples for each in tallies)} samples agree.",
        ]
