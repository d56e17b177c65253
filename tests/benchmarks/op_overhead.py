"""What one op costs beside the array work, as a ratio to PyTorch's in the same run: `make bench`."""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable
from typing import Any

ROUNDS, CALLS = 25, 2_000
GOALS = {"add": 1.8, "mul": 1.8, "matmul": 1.8, "chain of 20": 1.5}


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


def measure() -> dict[str, tuple[float, float, float]]:
    """Median microseconds of ours and PyTorch's, and the median of the ratios of neighbouring rounds."""
    import torch

    import engine

    torch.set_num_threads(1)
    ours, theirs = workloads(engine), workloads(torch)
    found: dict[str, tuple[float, float, float]] = {}
    for name in ours:
        calls = CALLS // 20 if name.startswith("chain") else CALLS
        pairs = [
            tuple(timeit.timeit(each[name], number=calls) / calls * 1e6 for each in (ours, theirs))
            for _ in range(ROUNDS)
        ]
        first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
        found[name] = (first, second, statistics.median(a / b for a, b in pairs))
    return found


if __name__ == "__main__":
    print(f"{'2x2 with gradient':<20}{'engine us':>12}{'torch us':>12}{'ratio':>8}{'goal':>8}")
    for name, (mine, other, ratio) in measure().items():
        print(f"{name:<20}{mine:>12.2f}{other:>12.2f}{ratio:>8.2f}{GOALS[name]:>8.1f}")
