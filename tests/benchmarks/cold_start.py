"""The cold start: how long it takes until a command answers, a library is imported, a first step is made."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.benchmarks.options import Options
from tests.benchmarks.process import clean_environment, wall_seconds
from tests.benchmarks.sides import SIDES
from tests.benchmarks.table import table

REPEATS = 5
WORKLOAD = "mlp_small"
Result = dict[str, Any]


class Start(NamedTuple):
    """A command to be timed from its start to its end."""

    title: str
    command: list[str]
    empty_cache: bool = False


def starts(options: Options) -> Iterator[Start]:
    """All that is timed."""
    yield Start("ml --help", [sys.executable, "-m", "cli", "--help"])
    for library in dict.fromkeys(SIDES[side].library for side in options.sides):
        yield Start(f"import {library}", [sys.executable, "-c", f"import {library}"])
    for name in options.sides:
        order = json.dumps({"workload": WORKLOAD, "side": name, "threads": options.threads})
        command = [sys.executable, "-m", "tests.benchmarks.first_step", order]
        yield Start(f"first step: {SIDES[name].title}", command)
        if SIDES[name].ours:
            yield Start(f"first step: {SIDES[name].title}, nothing compiled before", command, empty_cache=True)


def measure(options: Options) -> Result:
    """The median seconds of each start, or why it failed."""
    return {start.title: typical(start, options) for start in starts(options)}


def typical(start: Start, options: Options) -> float | str:
    """Once to bring the files into memory and the caches up to date, then the median of several."""
    times = []
    for turn in range(1 if options.quick else REPEATS + 1):
        with tempfile.TemporaryDirectory() as empty:
            environment = clean_environment(options.threads)
            if start.empty_cache:
                environment |= {"XDG_CACHE_HOME": empty, "NUMBA_CACHE_DIR": ""}
            took = wall_seconds(start.command, environment, options.limit)
        if isinstance(took, str):
            return took
        if turn > 0 or options.quick:
            times.append(took)
    return statistics.median(times)


def lines(found: Result) -> list[str]:
    """The table for a person."""
    cells = ((title, "failed" if isinstance(took, str) else f"{took:.2f}") for title, took in found.items())
    failed = [f"{title}: {reason}" for title, reason in found.items() if isinstance(reason, str)]
    return [*table(("cold start", "seconds"), cells), *failed]
