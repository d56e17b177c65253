"""What a function that runs twice, to keep less for backward, does once alone: draw random numbers and write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from engine.autograd.mode_state import Pass, modes


class FirstPass:
    """Does what the function asks for, and notes its draws and what memory it writes into.

    Inside another function that runs twice, that one decides.
    """

    def __init__(self) -> None:
        self.outer: Pass | None = None
        self.draws: list[tuple[Any, Any]] = []
        self.written: set[Any] = set()

    def draw(self, generator: Any, take: Callable[[], Any]) -> Any:
        """The generator's next draw."""
        drawn = take() if self.outer is None else self.outer.draw(generator, take)
        self.draws.append((generator, drawn))
        return drawn

    def may_write(self, storage: Any) -> bool:
        """Writes happen, and are noted."""
        # What is held here is who the memory is, not the memory.
        self.written.add(storage)
        return self.outer is None or self.outer.may_write(storage)

    @contextmanager
    def running(self) -> Iterator[None]:
        """The block is the function's first run."""
        self.outer = modes.state.rerun
        try:
            with _passing(self):
                yield
        finally:
            self.outer = None


class SecondPass:
    """Hands out the draws of the first pass again, and leaves alone what that one wrote: it is written."""

    def __init__(self, first: FirstPass, same_draws: bool) -> None:
        self.draws = iter(first.draws) if same_draws else None
        self.written = first.written

    def draw(self, generator: Any, take: Callable[[], Any]) -> Any:
        """The draw that the first pass had here; RuntimeError if it had another or none."""
        if self.draws is None:
            return take()
        source, drawn = next(self.draws, (None, None))
        if source is not generator:
            raise RuntimeError(
                "checkpoint: the function draws other random numbers when it is run again for backward than it did at "
                "first; what it draws may depend on its arguments alone"
            )
        return drawn

    def may_write(self, storage: Any) -> bool:
        """Only memory that this pass made is written."""
        return storage not in self.written

    @contextmanager
    def running(self) -> Iterator[None]:
        """The block is the function's second run."""
        with _passing(self):
            yield


@contextmanager
def _passing(underway: Pass) -> Iterator[None]:
    state = modes.state
    before, state.rerun = state.rerun, underway
    try:
        yield
    finally:
        state.rerun = before
