"""Results as Markdown tables, which read as well on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.benchmarks.sides import SIDES

Result = dict[str, Any]
UNKNOWN = "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table: the first column to the left, the others to the right, all padded."""
    listed = [list(row) for row in rows]
    widths = [max(len(row[column]) for row in (head, *listed)) for column in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return [line(head), f"| {' | '.join(rule)} |", *map(line, listed)]


def microseconds(found: Result) -> str:
    """A time in a cell; where there is none, that it failed."""
    if "failed" in found:
        return "not compiled" if str(found["failed"]).startswith("not compiled") else "failed"
    return f"{found['seconds'] * 1e6:,.0f}"


def times(value: float | None) -> str:
    """A ratio in a cell."""
    return UNKNOWN if value is None else f"{value:.2f}"


def step_lines(steps: dict[str, Result], summary: Result) -> list[str]:
    """The table of times, the table of ratios, the means, and each failure with its reason."""
    sides = list(next(iter(steps.values()))["sides"])
    head = ["us a step", *(SIDES[side].title for side in sides), "matmul floor"]
    rows = [
        [found["title"], *(microseconds(found["sides"][side]) for side in sides), microseconds(found["floor"])]
        for found in steps.values()
    ]
    return [
        *table(head, rows),
        "",
        *table(_RATIOS, (_ratio_row(found, summary["workloads"][name]) for name, found in steps.items())),
        "",
        *(
            f"geometric mean, {kind.replace('_', ' ')}: {times(mean)}"
            for kind, mean in summary["geometric_means"].items()
        ),
        *failures(steps),
    ]


_RATIOS = (
    "ratios", "best peer", "compiled to best", "goal", "compiled to PyTorch's best", "eager to PyTorch eager",
    "compiled step / floor", "eager step / floor", "compiled memory / PyTorch's", "eager memory / PyTorch's",
)  # fmt: skip


def _ratio_row(found: Result, ratios: Result) -> list[str]:
    best = ratios["best_peer"]
    return [
        found["title"],
        SIDES[best].title if best else UNKNOWN,
        times(ratios["compiled_to_best_peer"]),
        f"{found['goal']:.1f}",
        times(ratios["compiled_to_pytorch"]),
        times(ratios["eager_to_pytorch"]),
        times(ratios["compiled_to_floor"]),
        times(ratios["eager_to_floor"]),
        times(ratios["compiled_memory_to_pytorch"]),
        times(ratios["eager_memory_to_pytorch"]),
    ]


def failures(steps: dict[str, Result]) -> list[str]:
    """A line for each side without a time."""
    return [
        f"{name}, {side}: {each['failed']}"
        for name, found in steps.items()
        for side, each in {**found["sides"], "floor": found["floor"]}.items()
        if "failed" in each
    ]
