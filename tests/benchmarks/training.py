"""One side of one workload, timed in this process: `python -m tests.benchmarks.training ORDER`."""

from __future__ import annotations

import json
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import cycle
from typing import Any

from tests.benchmarks.building import build, find, load
from tests.benchmarks.memory import forget_peak, peak_bytes, resident_bytes
from tests.benchmarks.process import use_cores
from tests.benchmarks.sides import SIDES

BATCHES = 4


def seconds(step: Callable[..., Any], batches: Iterator[Any], steps: int) -> tuple[float, float]:
    """How long so many steps take, the last loss read at their end; and that loss."""
    began = time.perf_counter()
    for _ in range(steps):
        loss = step(*next(batches))
    value = float(loss)
    return time.perf_counter() - began, value


def not_compiled(step: Any, told: Sequence[warnings.WarningMessage]) -> str | None:
    """Why the engine's compiled function ran as it is, if it did."""
    if getattr(step, "replays", 1):
        return None
    said = [str(each.message) for each in told if issubclass(each.category, RuntimeWarning)]
    return f"not compiled: {getattr(step, 'reason', None) or ' '.join(said) or 'no recording was replayed'}"


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """What the order asks for: `workload`, `changes`, `side`, `threads`, `window` and `windows`."""
    use_cores(order["threads"])
    side = SIDES[order["side"]]
    library = load(side)
    draw = import_module("numpy").random.default_rng(1)
    workload = find(order["workload"], order["changes"])
    imported = resident_bytes()

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        step, given = build(side, library, workload, [workload.arrays(draw) for _ in range(BATCHES)])
        batches = cycle(given)
        first, _ = seconds(step, batches, 1)
        seconds(step, batches, order["window"])
    if side.ours and side.compiles == "step" and (reason := not_compiled(step, told)):
        return {"failed": reason}
    warm_peak, forgotten = peak_bytes(), forget_peak()
    times = [seconds(step, batches, order["window"]) for _ in range(order["windows"])]
    peak = peak_bytes()
    if not math.isfinite(times[-1][1]):
        return {"failed": f"the loss is {times[-1][1]}"}
    return {
        "seconds": [took / order["window"] for took, _ in times],
        "first_step": first,
        "loss": times[-1][1],
        "imported_bytes": imported,
        "peak_bytes": max(warm_peak, peak) if warm_peak and peak else None,
        "training_peak_bytes": peak if forgotten else None,
    }


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
