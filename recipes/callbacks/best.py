"""Which of a metric's values is the best so far."""

import math
from collections.abc import Mapping
from typing import Any, Literal

from recipes.errors import UsageError

Mode = Literal["min", "max"]


class Best:
    """The best value of the metric `monitor` so far; `mode` says whether less (`min`) or more (`max`) is better."""

    def __init__(self, monitor: str, mode: Mode, margin: float = 0.0) -> None:
        if mode not in ("min", "max"):
            raise UsageError(f"mode {mode!r} is unknown; write min or max")
        self.monitor = monitor
        self.mode = mode
        self.margin = margin
        self.value: float | None = None

    def improved(self, metrics: Mapping[str, float]) -> bool:
        """Take the metric's new value; says whether it is finite and better than all before by more than the margin."""
        value = metrics[self.monitor]
        gain = 0.0 if self.value is None else (self.value - value if self.mode == "min" else value - self.value)
        if not math.isfinite(value) or (self.value is not None and not gain > self.margin):
            return False
        self.value = value
        return True

    def state_dict(self) -> dict[str, Any]:
        """The best value."""
        return {"value": self.value}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from a best value."""
        self.value = state["value"]
