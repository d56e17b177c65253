"""What came of holding many samples against PyTorch: how many agree, which were left out and why, which failed."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.parity.reasons import Reason
from tests.parity.summary import complaint, summary

SHOWN = 4


@dataclass
class Outcome:
    """Counts of samples, and the failures as text."""

    samples: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def agreed(self) -> int:
        """How many samples were compared and found equal."""
        return self.samples - self.left_out.total() - len(self.failures)

    def add(self, other: "Outcome") -> None:
        """Take another outcome's counts and failures in."""
        self.samples += other.samples
        self.left_out += other.left_out
        self.failures += other.failures

    def fail_if_any_failed(self, heading: str) -> None:
        """Fail the test that runs with the first failures."""
        if self.failures:
            text = "\n".join([f"{heading}: {len(self.failures)} of {self.samples} disagree", *self.failures[:SHOWN]])
            pytest.fail(text, pytrace=False)


def hold(samples: Iterable[tuple[int, Any]], check: Callable[[Any], Reason | None]) -> Outcome:
    """Check each numbered sample; `check` gives the reason if it leaves the sample out, and raises what went wrong."""
    outcome = Outcome()
    for index, sample in samples:
        outcome.samples += 1
        try:
            reason = check(sample)
        except Exception as error:
            outcome.failures.append(f"sample {index} {summary(sample)}\n    {complaint(error)}")
        else:
            outcome.left_out.update([reason] if reason else [])
    return outcome
