"""Program: a few lines that write into tensors, run under any library with PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Run = Callable[[Any, Any, Any], Any]
PROGRAMS: dict[str, Program] = {}


@dataclass(frozen=True)
class Program:
    """`run(lib, a, b)` with leaves a of shape (3, 4) and b of shape (4,) gives results, or raises `error`, `says`.

    `gradients(a, b)` tells the leaves' gradients of the results' sum where values pass that gradients don't, so that a
    numeric gradient is no oracle.
    """

    run: Run
    error: type[Exception] | None = None
    says: str = ""
    gradients: Callable[[Any, Any], tuple[Any, Any]] | None = None


def program(run: Run) -> Run:
    """Declare a program whose gradients are those that a numeric derivative finds."""
    return _declare(Program(run))


def hidden(gradients: Callable[[Any, Any], tuple[Any, Any]]) -> Callable[[Run], Run]:
    """Declare a program that hides some of what it does from gradients."""
    return lambda run: _declare(Program(run, gradients=gradients))


def refused(says: str, error: type[Exception] = RuntimeError) -> Callable[[Run], Run]:
    """Declare a program that raises, on its way or when gradients are asked for."""
    return lambda run: _declare(Program(run, error, says))


def _declare(made: Program) -> Run:
    PROGRAMS[made.run.__name__] = made
    return made.run
