"""Epochs over augmented images with our loader and PyTorch's, alone and with a model that trains on them."""

from __future__ import annotations

import sys
from typing import Any

from tests.benchmarks import fashion
from tests.benchmarks.options import Options
from tests.benchmarks.process import measured
from tests.benchmarks.sides import COMPILED
from tests.benchmarks.table import table, times

EPOCHS = 2
EPOCHS_WITH_A_MODEL = 1
QUICK_IMAGES = 512
KINDS = {"the loader alone": None, "with MLP 784-256-128-10": "mlp_medium", "with CNN 32-64-128-10": "cnn"}
TUNED = "torch_tuned"
Result = dict[str, Any]


def measure(options: Options) -> Result:
    """Of each kind of epoch the seconds of our loader, and of PyTorch's without workers and with one a thread."""
    found: Result = {"images": fashion.source()}
    for title, workload in KINDS.items():
        if workload not in (None, *options.only):
            continue
        found[title] = {
            "ours": one(options, workload, COMPILED, 0),
            "PyTorch, no workers": one(options, workload, TUNED, 0),
            f"PyTorch, {options.threads} workers": one(options, workload, TUNED, options.threads),
        }
        print(f"loader: {title}", file=sys.stderr, flush=True)
    return found


def one(options: Options, workload: str | None, side: str, workers: int) -> Result:
    """One side in a process of its own."""
    order = {
        "workload": workload,
        "side": side,
        "workers": workers,
        "threads": options.threads,
        "images": QUICK_IMAGES if options.quick else fashion.COUNT,
        "epochs": EPOCHS if workload is None else EPOCHS_WITH_A_MODEL,
    }
    return measured("tests.benchmarks.loading", order, threads=options.threads, limit=options.limit)


def lines(found: Result) -> list[str]:
    """The table for a person."""
    kinds = {title: sides for title, sides in found.items() if isinstance(sides, dict)}
    names = list(next(iter(kinds.values())))
    rows = []
    for title, sides in kinds.items():
        seconds = {name: each.get("seconds") for name, each in sides.items()}
        peers = [taken for name, taken in seconds.items() if name != "ours" and taken]
        ratio = min(peers) / seconds["ours"] if peers and seconds["ours"] else None
        rows.append([title, *(f"{seconds[name]:.2f}" if seconds[name] else "failed" for name in names), times(ratio)])
    failed = [
        f"{title}, {name}: {each['failed']}"
        for title, sides in kinds.items()
        for name, each in sides.items()
        if "failed" in each
    ]
    return [f"images: {found['images']}", "", *table(["seconds an epoch", *names, "ratio"], rows), *failed]
