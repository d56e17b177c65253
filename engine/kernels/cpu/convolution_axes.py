"""How a convolution, or its adjoint, walks along one dimension: which elements of the source a position sees."""

from __future__ import annotations

from typing import NamedTuple


class Phase(NamedTuple):
    """Every `step`-th element of a result, from `first` on, one for each position."""

    first: int
    step: int
    positions: int


class Tap(NamedTuple):
    """A place of the kernel that adds to a phase the element `shift` behind each position."""

    place: int
    phase: int
    shift: int


class Axis(NamedTuple):
    """A walk over a source of `length` elements, behind `before` zeros, to a result; positions lie `step` apart.

    A convolution has one phase. Its adjoint with stride s has s phases, each a convolution of stride 1 whose results
    lie s apart.
    """

    length: int
    before: int
    step: int
    result: int
    phases: tuple[Phase, ...]
    taps: tuple[Tap, ...]

    @property
    def farthest(self) -> int:
        """The largest shift."""
        return max((tap.shift for tap in self.taps), default=0)

    @property
    def positions(self) -> int:
        """The positions of the longest phase."""
        return max(phase.positions for phase in self.phases)

    def reach(self, count: int) -> int:
        """How many elements so many positions see, zeros included."""
        return (count - 1) * self.step + self.farthest + 1


def forward(length: int, count: int, kernel: int, stride: int, padding: int, dilation: int) -> Axis:
    """A convolution of `length` elements to `count`."""
    taps = tuple(Tap(place, 0, place * dilation) for place in range(kernel))
    return Axis(length, padding, stride, count, (Phase(0, 1, count),), taps)


def backward(count: int, length: int, kernel: int, stride: int, padding: int, dilation: int) -> Axis:
    """The adjoint, of `count` elements to `length`."""
    phases, taps = [], []
    for number in range(stride):
        phases.append(Phase(number, stride, max(0, -((number - length) // stride))))
        for place in range(kernel):
            behind, remainder = divmod(number + padding - place * dilation, stride)
            if not remainder and phases[-1].positions:
                taps.append(Tap(place, number, behind))
    before = max(0, -min((tap.shift for tap in taps), default=0))
    shifted = tuple(tap._replace(shift=tap.shift + before) for tap in taps)
    return Axis(count, before, 1, length, tuple(phases), shifted)
