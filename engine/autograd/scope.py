"""The stack of module names that errors, nodes, programs and profiles read; Module pushes, nobody below knows it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.autograd.modes import modes


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Adds `name` to this thread's module path inside the block."""
    state = modes.state
    before = state.scope
    state.scope = (*before, name)
    try:
        yield
    finally:
        state.scope = before


def current_scope() -> str:
    """The module path that runs now, joined by dots; empty outside of modules."""
    return ".".join(modes.state.scope)
