"""What one op costs beside the array work, as a ratio to PyTorch's in the same process."""

from __future__ import annotations

import json
import statistics
import sys
import timeit
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.benchmarks.options import Options
from tests.benchmarks.process import measured
from tests.benchmarks.table import table

ROUNDS, CALLS = 25, 2_000
GOALS = {"add": 1.8, "mul": 1.8, "matmul": 1.8, "chain of 20": 1.5}
Result = dict[str, Any]


def chain(start: Any, weight: Any, seed: Any) -> None:
    """20 ops forward and backward."""
    y = start
    for _ in range(5):
        y = y * weight
        y = y + start
        y = y.tanh()
        y = y - weight
    y.backward(seed)


def workloads(lib: Any) -> dict[str, Callable[[], Any]]:
    """The same calls for a library that speaks PyTorch."""
    x = lib.ones(2, 2, requires_grad=True)
    y = lib.ones(2, 2, requires_grad=True)
    seed = lib.ones(2, 2)
    return {
        "add": lambda: x + y,
        "mul": lambda: x * y,
        "matmul": lambda: x @ y,
        "chain of 20": lambda: chain(x, y, seed),
    }


def compare(order: dict[str, Any]) -> Result:
    """Median microseconds of ours and PyTorch's, and the median of the ratios of neighbouring rounds."""
    torch, engine = import_module("torch"), import_module("engine")
    torch.set_num_threads(1)
    ours, theirs = workloads(engine), workloads(torch)
    found: Result = {}
    for name in ours:
        calls = CALLS // 20 if name.startswith("chain") else CALLS
        pairs = [
            tuple(timeit.timeit(each[name], number=calls) / calls * 1e6 for each in (ours, theirs))
            for _ in range(order["rounds"])
        ]
        first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
        found[name] = {"ours": first, "torch": second, "ratio": statistics.median(a / b for a, b in pairs)}
    return found


def measure(options: Options) -> Result:
    """The comparison, in a process of its own."""
    order = {"rounds": 1 if options.quick else ROUNDS}
    return measured("tests.benchmarks.op_overhead", order, threads=1, limit=options.limit)


def lines(found: Result) -> list[str]:
    """The table for a person."""
    if "failed" in found:
        return [f"ops: {found['failed']}"]
    rows = (
        [name, f"{each['ours']:.2f}", f"{each['torch']:.2f}", f"{each['ratio']:.2f}", f"{GOALS[name]:.1f}"]
        for name, each in found.items()
    )
    return table(("2x2 with gradient", "ours us", "PyTorch us", "ratio", "at most"), rows)


if __name__ == "__main__":
    print(json.dumps(compare(json.loads(sys.argv[1]))))
