"""The training steps: every side of every workload, in turn, round after round."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tests.benchmarks.options import Options
from tests.benchmarks.process import measured
from tests.benchmarks.summary import summary
from tests.benchmarks.table import step_lines
from tests.benchmarks.workloads.catalogue import CATALOGUE, Entry

QUICK = {"window": 2, "windows": 1}
Result = dict[str, Any]


def measure(options: Options) -> Result:
    """Of each workload its sides, the floor, and what was asked of every side; and what follows from them."""
    workloads = {name: measure_workload(name, options) for name in options.only}
    return {"workloads": workloads, "summary": summary(workloads)}


def lines(found: Result) -> list[str]:
    """The tables for a person."""
    return step_lines(found["workloads"], found["summary"])


def measure_workload(name: str, options: Options) -> Result:
    """One workload: all sides in each round, each round beginning with another one."""
    entry = CATALOGUE[name]
    rounds: dict[str, list[Result]] = {side: [] for side in options.sides}
    for turn in range(options.rounds):
        for side in _rotated(options.sides, turn):
            if rounds[side] and "failed" in rounds[side][-1]:
                continue
            rounds[side].append(run_side(name, side, options))
            _tell(f"{name}, round {turn + 1} of {options.rounds}, {side}: {_briefly(rounds[side][-1])}")
    order = {"workload": name, "threads": options.threads, "quick": options.quick}
    return {
        "title": entry.title,
        "goal": entry.goal,
        **_length(entry, options.quick),
        "sides": {side: together(found) for side, found in rounds.items()},
        "floor": measured("tests.benchmarks.floor", order, threads=options.threads, limit=options.limit),
    }


def run_side(
    name: str, side: str, options: Options, *, threads: int | None = None, changes: dict[str, Any] | None = None
) -> Result:
    """One process: one side of one workload, at sizes of its own where `changes` say so."""
    threads = threads or options.threads
    order = {
        "workload": name,
        "changes": changes or {},
        "side": side,
        "threads": threads,
        **_length(CATALOGUE[name], options.quick),
    }
    return measured("tests.benchmarks.training", order, threads=threads, limit=options.limit)


def together(rounds: Sequence[Result]) -> Result:
    """The rounds of one side as one: the median of all windows, the largest of the peaks; or why there is none."""
    for found in rounds:
        if "failed" in found:
            return {"failed": found["failed"], "rounds": list(rounds)}
    windows = [seconds for found in rounds for seconds in found["seconds"]]
    grown = [
        found["peak_bytes"] - found["imported_bytes"]
        for found in rounds
        if found["peak_bytes"] is not None and found["imported_bytes"] is not None
    ]
    return {
        "seconds": statistics.median(windows),
        "fastest_seconds": min(windows),
        "grown_bytes": max(grown, default=None),
        "first_step_seconds": statistics.median(found["first_step"] for found in rounds),
        "rounds": list(rounds),
    }


def _length(entry: Entry, quick: bool) -> dict[str, int]:
    return QUICK if quick else {"window": entry.window, "windows": entry.windows}


def _rotated(sides: Sequence[str], turn: int) -> Iterator[str]:
    shift = turn % len(sides)
    yield from (*sides[shift:], *sides[:shift])


def _briefly(found: Result) -> str:
    return found.get("failed") or f"{statistics.median(found['seconds']) * 1e6:,.0f} us a step"


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
