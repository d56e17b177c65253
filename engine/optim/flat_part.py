"""FlatPart: the update of those parameters of one group that live in one flat storage."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from engine.autograd.modes import modes
from engine.kernels.cpu.optimizers_around import squared_norm
from engine.kernels.kernel import Kernel
from engine.optim.direction import direction
from engine.optim.flat_storage import FlatStorage, Segment, stretches
from engine.optim.optimizer import Group

_NO_SCRATCH = np.empty(0, np.uint8)


class Flat(NamedTuple):
    """A span of flat storage: what a kernel reads and writes."""

    parameter: Any
    gradient: Any
    states: tuple[Any, ...]


class FlatPart:
    """Segments of one home, their states adopted, ready to be updated with the values of their group."""

    def __init__(self, optimizer: Any, group: Group, home: FlatStorage, segments: Sequence[Segment]) -> None:
        self.optimizer, self.group, self.home, self.segments = optimizer, group, home, segments
        start = optimizer.starts(group)
        for segment in segments:
            if start and not segment.shows(optimizer.state[segment.tensor], start):
                home.adopt(segment, optimizer.state[segment.tensor], optimizer.numbers, start)
        self.names, self.arrays = tuple(start), tuple(optimizer.arrays(group))
        self.shown = [(optimizer.state[segment.tensor], name) for segment in segments for name in start]
        places = [segment.number for segment in segments]
        self.places = None if places == list(range(len(home.segments))) else places
        self.spans = [span for span, _ in stretches([(segment, None) for segment in segments])]
        self.flat = [self._flat(span) for span in self.spans]
        self.kernel = self._accepting(optimizer.cpu_kernel(group))

    def see_gradients(self) -> None:
        """Look for the gradients where flat storage has them now."""
        self.flat = [self._flat(span) for span in self.spans]

    def collect(self) -> None:
        """Copy each parameter's gradient into flat storage, unless it lies there."""
        for segment in self.segments:
            array = segment.tensor.gradient.array
            if array is not segment.gradient:
                segment.gradient[...] = array

    def run(self, scale: float) -> None:
        """Move the numbers on by one update, and update each span of segments that are at one stage."""
        home = self.home
        if home.copied:
            home.segments[0].value[...] = home.segments[0].array
        stages = home.turn(self.places, partial(self.optimizer.turn, self.group)) if self.names else [None]
        if stages.count(stages[0]) == len(stages):
            for span, flat in zip(self.spans, self.flat, strict=True):
                self._update(span, flat, stages[0], scale)
        else:
            for span, stage in stretches(list(zip(self.segments, stages, strict=True))):
                self._update(span, self._flat(span), stage, scale)
        if home.copied:
            home.segments[0].array[...] = home.segments[0].value

    def squared_norm(self) -> float:
        """The sum of the squares of all gradients in flat storage, in float64 and in an order that sizes decide."""
        return sum(_sum_of_squares(flat.gradient) for flat in self.flat)

    def _update(self, span: slice, flat: Flat, stage: Any, scale: float) -> None:
        optimizer, group, home = self.optimizer, self.group, self.home
        if self.kernel is not None and modes.state.kernels == "fast":
            coefficients = (*direction(group, scale), *optimizer.coefficients(group, stage))
            self.kernel.function((flat.parameter, *flat.states), (flat.gradient,), coefficients, _NO_SCRATCH)
            return
        for piece in home.pieces(span):
            parameter, gradient, states = home.parts(piece, self.arrays, scale)
            optimizer.update(group, stage, parameter, gradient, states, home.scratch[:2, : piece.stop - piece.start])
            home.keep(piece, parameter, states)

    def _flat(self, span: slice) -> Flat:
        home = self.home
        return Flat(home.buffer[span], home.gradients[span], tuple(home.states[name][span] for name in self.arrays))

    def _accepting(self, kernel: Kernel | None) -> Kernel | None:
        """The kernel, if it is worth it and these arrays suit it.

        The size of the group decides, not that of the home: where parameters live is the history of a run, which must
        not change what a resumed one computes.
        """
        home = self.home
        arrays = (home.buffer, home.gradients, *(home.states[name] for name in self.arrays))
        size = sum(prod(tensor.shape) for tensor in self.group["params"])
        return kernel if kernel is not None and size >= kernel.least and kernel.accepts(arrays, ()) else None


def _sum_of_squares(array: Any) -> float:
    if array.size < squared_norm.least or not squared_norm.accepts((array,), ()):
        wide = array.astype(np.float64)
        return float((wide * wide).sum())
    total = np.empty(1, np.float64)
    squared_norm.function((total,), (array,), (), np.empty(squared_norm.scratch((array,), ()), np.uint8))
    return float(total[0])
