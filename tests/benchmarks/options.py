"""What a person may choose on the benchmark's command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.benchmarks.sides import SIDES
from tests.benchmarks.workloads.catalogue import CATALOGUE

PARTS = ("steps", "ops", "loader", "start", "loop", "growth")
THREADS, ROUNDS, LIMIT = 2, 3, 900.0


@dataclass(frozen=True)
class Options:
    """`quick` takes a few steps of everything, to see that it works: its figures mean nothing."""

    parts: tuple[str, ...] = PARTS
    only: tuple[str, ...] = tuple(CATALOGUE)
    sides: tuple[str, ...] = tuple(SIDES)
    rounds: int = ROUNDS
    threads: int = THREADS
    limit: float = LIMIT
    quick: bool = False
    out: Path = Path("outputs/bench")


def parse(words: Sequence[str]) -> Options:
    """The options in `words`; ends the process with what is allowed where one is not."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Time the engine beside its peers.")
    for name, allowed in (("parts", PARTS), ("only", CATALOGUE), ("sides", SIDES)):
        parser.add_argument(f"--{name}", default="", metavar="A,B", help=f"of {', '.join(allowed)}; all by default")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="each side's turns, default %(default)s")
    parser.add_argument("--threads", type=int, default=THREADS, help="for every side, default %(default)s")
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for one process, default %(default)s")
    parser.add_argument("--quick", action="store_true", help="a few steps of everything, to see that it works")
    parser.add_argument("--out", type=Path, help="the JSON to write, default outputs/bench/<date>.json")
    given = parser.parse_args(words)
    if given.rounds < 1 or given.threads < 1:
        parser.error("rounds and threads are numbers from 1")
    return Options(
        parts=_chosen(parser, "parts", given.parts, PARTS),
        only=_chosen(parser, "only", given.only, CATALOGUE),
        sides=_chosen(parser, "sides", given.sides, SIDES),
        rounds=given.rounds,
        threads=given.threads,
        limit=given.limit,
        quick=given.quick,
        out=given.out or Path("outputs", "bench", f"{datetime.now():%Y%m%d-%H%M%S}.json"),
    )


def _chosen(parser: argparse.ArgumentParser, what: str, text: str, allowed: Iterable[str]) -> tuple[str, ...]:
    names = tuple(name for name in text.replace(",", " ").split())
    for name in names:
        if name not in allowed:
            parser.error(f"--{what}: there is no {name!r}; allowed are {', '.join(allowed)}")
    return names or tuple(allowed)
