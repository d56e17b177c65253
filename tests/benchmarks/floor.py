"""The matmul floor, how long a step's matrix products alone take: `python -m tests.benchmarks.floor ORDER`."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.benchmarks.building import find
from tests.benchmarks.process import use_cores

REPEATS, LEAST_SECONDS = 5, 0.01


def seconds(call: Callable[[], Any], quick: bool) -> float:
    """The median time of one call, of several that are long enough to be timed."""
    call()
    began = time.perf_counter()
    call()
    once = time.perf_counter() - began
    if quick:
        return once
    calls = max(1, int(LEAST_SECONDS / once))
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        for _ in range(calls):
            call()
        times.append((time.perf_counter() - began) / calls)
    return statistics.median(times)


def fastest(product: Any, quick: bool) -> float:
    """The time of one such call, NumPy's into a ready array or the engine's, whichever is faster."""
    engine, np = import_module("engine"), import_module("numpy")
    stack = (product.stack,) if product.stack > 1 else ()
    draw = np.random.default_rng(0)
    left = draw.standard_normal((*stack, product.rows, product.inner), dtype=np.float32)
    right = draw.standard_normal((*stack, product.inner, product.columns), dtype=np.float32)
    out = np.empty((*stack, product.rows, product.columns), dtype=np.float32)
    first, second = engine.from_numpy(left), engine.from_numpy(right)
    with engine.no_grad():
        ours = seconds(lambda: engine.matmul(first, second), quick)
    return min(ours, seconds(lambda: np.matmul(left, right, out=out), quick))


def measure(order: dict[str, Any]) -> dict[str, Any]:
    """The sum over the products of the order's `workload`."""
    use_cores(order["threads"])
    # The engine decides about threads before NumPy loads.
    import_module("engine")
    products = find(order["workload"]).products()
    times = {shape: fastest(shape, order["quick"]) for shape in {product._replace(times=1) for product in products}}
    return {
        "seconds": sum(product.times * times[product._replace(times=1)] for product in products),
        "operations": sum(product.operations for product in products),
    }


if __name__ == "__main__":
    print(json.dumps(measure(json.loads(sys.argv[1]))))
