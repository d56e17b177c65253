"""The benchmark: `make bench`, or `python -m tests.benchmarks --help`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from tests.benchmarks import cold_start, growth, loader, loop_overhead, machine, op_overhead, steps
from tests.benchmarks.options import Options, parse

PARTS: dict[str, Any] = {
    "steps": steps,
    "ops": op_overhead,
    "loader": loader,
    "start": cold_start,
    "loop": loop_overhead,
    "growth": growth,
}


def main(words: Sequence[str]) -> None:
    """Measure the chosen parts one after the other; print each part's table, and keep all figures as JSON."""
    options = parse(words)
    facts = machine.facts(options.threads)
    report: dict[str, Any] = {"machine": facts, "threads": options.threads, "rounds": options.rounds}
    report |= {"quick": options.quick, "parts": {}}
    print("\n".join(machine.lines(facts)))
    if options.quick:
        print("quick: a few steps of everything, to see that it works; the figures mean nothing")
    for name in options.parts:
        report["parts"][name] = found = PARTS[name].measure(options)
        print("", *PARTS[name].lines(found), sep="\n", flush=True)
        # After each part: what was measured stays, whatever becomes of the next.
        write(options, report)
    print(f"\nall figures: {options.out}")


def write(options: Options, report: dict[str, Any]) -> None:
    """Leave the report as JSON."""
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
