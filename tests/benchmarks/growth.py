"""How the step grows with batch, width, depth and threads."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from tests.benchmarks.options import Options
from tests.benchmarks.sides import COMPILED, EAGER, PYTORCH, SIDES
from tests.benchmarks.steps import run_side, together
from tests.benchmarks.table import microseconds, table

SHOWN = (EAGER, COMPILED, PYTORCH, "torch_tuned", "jax")
Result = dict[str, Any]


class Point(NamedTuple):
    """A workload at other sizes; `threads` are the run's where it is None."""

    axis: str
    size: int
    workload: str
    changes: dict[str, Any]
    threads: int | None = None

    @property
    def title(self) -> str:
        """What it is called in the table."""
        return f"{self.workload}, {self.axis} {self.size}"


POINTS = (
    *(Point("batch", size, "mlp_medium", {"batch": size}) for size in (1, 8, 32, 128, 512, 2048)),
    *(Point("width", size, "mlp_medium", {"widths": [784, size, size, 10]}) for size in (32, 128, 512, 2048)),
    *(Point("depth", size, "mlp_medium", {"widths": [784, *[256] * size, 10]}) for size in (1, 4, 16)),
    *(Point("batch", size, "cnn", {"batch": size}) for size in (8, 32, 128)),
    *(Point("width", size, "gpt", {"width": size}) for size in (64, 128, 256)),
    *(Point("depth", size, "gpt", {"layers": size}) for size in (2, 8)),
    *(Point("threads", size, name, {}, size) for name in ("mlp_medium", "cnn", "gpt") for size in (1, 2)),
)


def measure(options: Options) -> Result:
    """Of each point, each side once."""
    found: Result = {}
    for point in POINTS:
        if point.workload not in options.only or (point.threads or 0) > options.threads:
            continue
        found[point.title] = {
            side: together([run_side(point.workload, side, options, threads=point.threads, changes=point.changes)])
            for side in options.sides
            if side in SHOWN
        }
        print(f"growth: {point.title}", file=sys.stderr, flush=True)
    return found


def lines(found: Result) -> list[str]:
    """The table for a person."""
    if not found:
        return []
    sides = list(next(iter(found.values())))
    rows = ([title, *(microseconds(times[side]) for side in sides)] for title, times in found.items())
    return table(["us a step", *(SIDES[side].title for side in sides)], rows)
