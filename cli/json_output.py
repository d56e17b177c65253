"""Answers for programs: one line of JSON, on a standard output that nothing else was written to."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import click


@contextmanager
def reserved_output(reserved: bool) -> Iterator[None]:
    """While this lasts, what anyone prints goes to standard error; where `reserved` is False, nothing changes."""
    if not reserved:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    # The descriptor too, for child processes and for libraries that don't print through Python.
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def print_json(content: dict[str, Any]) -> None:
    """Print one line of JSON; NaN and the infinities, which JSON lacks, become strings as in `metrics.jsonl`."""
    standard = json.loads(json.dumps(content), parse_constant=str)
    click.echo(json.dumps(standard, ensure_ascii=False, allow_nan=False))
