"""The table of what was held against PyTorch: for each name how many samples agree, and why others were left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.parity.forms import forms_of
from tests.parity.names import our_function
from tests.parity.outcome import Outcome
from tests.parity.reasons import Reason
from tests.parity.samples import MEASURED

LEFT_OUT_AT_MOST = 0.05
FUNCTIONAL = "nn.functional."


@dataclass
class Tally:
    """What was seen of one name, its variants and dtypes together."""

    samples: Outcome = field(default_factory=Outcome)
    errors: Outcome = field(default_factory=Outcome)
    is_measured: bool = False
    is_missing: bool = False
    missing_forms: set[str] = field(default_factory=set)

    @property
    def agrees(self) -> bool:
        """Whether we have the name in all its variants, and every sample that was compared agrees."""
        return self.is_measured and not self.is_missing and self.samples.agreed > 0 and not self.samples.failures


class Table:
    """A tally for each name."""

    def __init__(self) -> None:
        self.tallies: dict[str, Tally] = {}

    def __getitem__(self, name: str) -> Tally:
        return self.tallies.setdefault(name, Tally())

    def expect(self, entries: Iterable[Any]) -> None:
        """List the names, also those that we have not."""
        for entry in entries:
            self[entry.name].is_missing |= our_function(entry) is None

    def add_samples(self, entry: Any, dtype: Any, outcome: Outcome) -> None:
        """Enter what came of an entry's samples of one dtype."""
        tally = self[entry.name]
        tally.samples.add(outcome)
        tally.is_measured |= dtype in MEASURED
        tally.missing_forms |= {form.name for form in forms_of(entry) if form.ours is None}

    def add_errors(self, entry: Any, outcome: Outcome) -> None:
        """Enter what came of the calls that must be refused."""
        self[entry.name].errors.add(outcome)

    def counts(self, name: str) -> bool:
        """Whether a name counts: all samples agree but for at most 5 % that were left out.

        A function of `nn.functional` may leave random values out, be they many, and nothing else.
        """
        tally = self[name]
        if name.startswith(FUNCTIONAL):
            return tally.agrees and set(tally.samples.left_out) <= {Reason.RANDOM}
        return tally.agrees and tally.samples.left_out.total() <= LEFT_OUT_AT_MOST * tally.samples.samples

    def counted(self) -> list[str]:
        """The names that count."""
        return [name for name in sorted(self.tallies) if self.counts(name)]

    def lines(self) -> list[str]:
        """The table as text, the totals at its end."""
        heading = f"{'name':48} {'samples':>8} {'agreed':>8} {'left out':>9} {'errors':>9}  standing"
        return [heading, *(self._line(name) for name in sorted(self.tallies)), "", *self._totals()]

    def _line(self, name: str) -> str:
        samples, errors = self[name].samples, self[name].errors
        refused = f"{errors.agreed}/{errors.samples - errors.left_out.total()}" if errors.samples else ""
        left_out = samples.left_out.total() or ""
        return f"{name:48} {samples.samples:8} {samples.agreed:8} {left_out:>9} {refused:>9}  {self._standing(name)}"

    def _standing(self, name: str) -> str:
        tally = self[name]
        if tally.is_missing and not tally.samples.samples:
            return "missing"
        parts = ["counted"] if self.counts(name) else []
        parts += ["a variant is missing"] if tally.is_missing else []
        parts += [f"{len(tally.samples.failures)} DISAGREE"] if tally.samples.failures else []
        parts += [] if tally.is_measured else ["neither float32 nor float64"]
        parts += [f"{count} {reason}" for reason, count in tally.samples.left_out.items()]
        return ", ".join(parts)

    def _totals(self) -> list[str]:
        tallies, counted = self.tallies.values(), self.counted()
        chance = [name for name in counted if self._share_left_out(name) > LEFT_OUT_AT_MOST]
        forms = sorted({form for tally in tallies for form in tally.missing_forms})
        return [
            f"{len(counted)} of {len(tallies)} names count, "
            f"{sum(name.startswith(FUNCTIONAL) for name in counted)} of them in nn.functional "
            f"({len(chance)} with more than {LEFT_OUT_AT_MOST:.0%} random values: {', '.join(chance) or 'none'}).",
            f"{sum(each.samples.agreed for each in tallies)} of {sum(each.samples.samples for each in tallies)} "
            f"samples agree, {sum(each.samples.left_out.total() for each in tallies)} were left out.",
            f"{sum(each.errors.agreed for each in tallies)} of {sum(each.errors.samples for each in tallies)} "
            f"wrong calls are refused alike, {sum(each.errors.left_out.total() for each in tallies)} were left out.",
            f"Forms of these that are missing: {', '.join(forms) or 'none'}.",
        ]

    def _share_left_out(self, name: str) -> float:
        samples = self[name].samples
        return samples.left_out.total() / samples.samples
