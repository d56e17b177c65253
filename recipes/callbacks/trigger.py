"""When something recurs: every 500 steps (`500st`), epochs (`1ep`), minutes (`10min`) or percent of the run (`5%`)."""

import re
import time
from dataclasses import dataclass
from fractions import Fraction

from recipes.errors import UsageError

_FORM = re.compile(r"(?P<amount>\d+(\.\d+)?)\s*(?P<unit>st|ep|min|%)")


@dataclass(frozen=True)
class Trigger:
    """An interval in steps (`st`), epochs (`ep`), minutes (`min`) or percent of all steps (`%`)."""

    amount: Fraction
    unit: str

    @classmethod
    def parse(cls, text: str, *, clock: bool = True) -> "Trigger":
        """Read `500st`, `1ep`, `10min` or `5%`; UsageError for all else, for minutes too where `clock` is False."""
        match = _FORM.fullmatch(str(text).strip())
        allowed = "500st, 1ep, 10min or 5%" if clock else "500st, 1ep or 5%"
        if match is None or Fraction(match["amount"]) == 0 or (match["unit"] == "min" and not clock):
            reason = (
                " (what it fires changes the training, so it may not depend on the clock)"
                if match and not clock
                else ""
            )
            raise UsageError(f"{text!r} is no interval{reason}; write {allowed}")
        return cls(Fraction(match["amount"]), match["unit"])

    def interval(self, steps_per_epoch: int, total_steps: int) -> Fraction | None:
        """The interval in steps; None for minutes."""
        per_unit = {"st": Fraction(1), "ep": Fraction(steps_per_epoch), "%": Fraction(total_steps, 100)}
        return self.amount * per_unit[self.unit] if self.unit in per_unit else None


class Timer:
    """Tells at which steps a trigger fires; minutes count from the last firing, steps from the run's first."""

    def __init__(self, trigger: Trigger, steps_per_epoch: int, total_steps: int) -> None:
        interval = trigger.interval(steps_per_epoch, total_steps)
        # Whole numbers: each step asks.
        self.ratio = None if interval is None else (interval.numerator, interval.denominator)
        self.seconds = float(trigger.amount * 60)
        self.fired = time.monotonic()

    def due(self, step: int) -> bool:
        """Whether the trigger fires after `step` steps."""
        if self.ratio is not None:
            over, under = self.ratio
            return step * under // over > (step - 1) * under // over
        now = time.monotonic()
        if now - self.fired < self.seconds:
            return False
        self.fired = now
        return True
