"""What the recipes' loop with callbacks, metrics and logging costs beside the bare step of the smallest MLP."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.options import Options
from tests.benchmarks.process import measured
from tests.benchmarks.table import microseconds, table

STEPS, ROUNDS = 500, 7
QUICK_STEPS, QUICK_ROUNDS = 60, 1
AT_MOST = 0.05
Result = dict[str, Any]


def measure(options: Options) -> Result:
    """Seconds a step of the loop, of the eager step and of the compiled step."""
    order = {
        "threads": options.threads,
        "steps": QUICK_STEPS if options.quick else STEPS,
        "rounds": QUICK_ROUNDS if options.quick else ROUNDS,
    }
    return measured("tests.benchmarks.looping", order, threads=options.threads, limit=options.limit)


def lines(found: Result) -> list[str]:
    """The table for a person."""
    if "failed" in found:
        return [f"loop: {found['failed']}"]
    bare = min(found[name]["seconds"] for name in ("eager", "compiled"))
    head = ("us a step", "loop", "bare, eager", "bare, compiled", "loop above the faster", "at most")
    above = f"{found['loop']['seconds'] / bare - 1:+.1%}"
    times = [microseconds(found[name]) for name in ("loop", "eager", "compiled")]
    return table(head, [["MLP 64-128-64-10, batch 64", *times, above, f"{AT_MOST:+.1%}"]])
