"""One training step from nothing to its loss, for a stopwatch outside: `... -m tests.benchmarks.first_step ORDER`."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

from tests.benchmarks.building import build, find, load
from tests.benchmarks.process import use_cores
from tests.benchmarks.sides import SIDES


def first_loss(order: dict[str, Any]) -> float:
    """The loss of the first step of the order's `workload` and `side`."""
    use_cores(order["threads"])
    side = SIDES[order["side"]]
    library = load(side)
    workload = find(order["workload"])
    step, ((*batch,),) = build(side, library, workload, [workload.arrays(import_module("numpy").random.default_rng(1))])
    return float(step(*batch))


if __name__ == "__main__":
    print(first_loss(json.loads(sys.argv[1])))
