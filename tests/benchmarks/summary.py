"""What follows from the times of the steps: ratios to peers, the floor, memory, and geometric means."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tests.benchmarks.sides import COMPILED, EAGER, PYTORCH, SIDES

Result = dict[str, Any]


def summary(steps: dict[str, Result]) -> Result:
    """The ratios of each workload, above one where we are faster, and their geometric means."""
    ratios = {name: workload_ratios(found) for name, found in steps.items()}
    kinds = ("compiled_to_best_peer", "compiled_to_pytorch", "eager_to_pytorch")
    means = {kind: geometric_mean(each[kind] for each in ratios.values()) for kind in kinds}
    return {"workloads": ratios, "geometric_means": means}


def workload_ratios(found: Result) -> Result:
    """Of one workload; None where a side that is needed gave no time.

    `compiled_to_pytorch` is to the best of PyTorch's modes, `eager_to_pytorch` to its eager one.
    """
    times = {side: each.get("seconds") for side, each in found["sides"].items()}
    grown = {side: each.get("grown_bytes") for side, each in found["sides"].items()}
    peers = {side: time for side, time in times.items() if time is not None and not SIDES[side].ours}
    pytorch = [time for side, time in peers.items() if SIDES[side].library == "torch"]
    best = min(peers, key=lambda side: peers[side], default=None)
    return {
        "best_peer": best,
        "compiled_to_best_peer": ratio(peers.get(best or ""), times.get(COMPILED)),
        "compiled_to_pytorch": ratio(min(pytorch, default=None), times.get(COMPILED)),
        "eager_to_best_peer": ratio(peers.get(best or ""), times.get(EAGER)),
        "eager_to_pytorch": ratio(times.get(PYTORCH), times.get(EAGER)),
        "compiled_to_floor": ratio(times.get(COMPILED), found["floor"].get("seconds")),
        "eager_to_floor": ratio(times.get(EAGER), found["floor"].get("seconds")),
        "compiled_memory_to_pytorch": ratio(grown.get(COMPILED), grown.get(PYTORCH)),
        "eager_memory_to_pytorch": ratio(grown.get(EAGER), grown.get(PYTORCH)),
    }


def ratio(above: float | None, below: float | None) -> float | None:
    """Their quotient, where both are known."""
    return above / below if above is not None and below else None


def geometric_mean(values: Iterable[float | None]) -> float | None:
    """Of those that are known; None where none is."""
    known = [value for value in values if value]
    return math.exp(sum(map(math.log, known)) / len(known)) if known else None
