"""Flat storage: the parameters of a group in one buffer, with twins for gradients and for each kind of state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import prod
from sys import getrefcount
from typing import Any

import numpy as np

from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.dtype import float64, get_default_dtype
from engine.backend.namespace import namespace_of, to_device, using

# So many float32 of each array that an update touches about fill a core's second-level cache.
ELEMENTS_AT_ONCE = 1 << 16


class Segment:
    """A parameter's place in flat storage: its views of the buffer and its twin, and the state tensors handed out."""

    __slots__ = ("array", "exposed", "gradient", "home", "number", "order", "span", "tensor", "value")

    array: Any
    """The parameter's array, by which it is seen whether it was replaced."""
    value: Any
    gradient: Any

    def __init__(self, home: FlatStorage, tensor: Any, number: int, start: int) -> None:
        self.home = home
        self.tensor = tensor
        self.number = number
        self.span = slice(start, start + prod(tensor.shape))
        self.order = memory_order(tensor.array) or tuple(range(tensor.ndim))
        self.exposed: dict[str, Any] = {}

    def settle(self, stays: bool) -> None:
        """Move the parameter into the buffer, unless it stays where it is."""
        self.value, self.gradient = self.view(self.home.buffer), self.view(self.home.gradients)
        if not stays:
            self.value[...] = self.tensor.array
            self.tensor.array = self.value
        self.array = self.tensor.array

    def view(self, flat: Any) -> Any:
        """This parameter's part of a flat array, in its shape and with its order of dimensions in memory."""
        shape = tuple(self.tensor.shape[dimension] for dimension in self.order)
        back = tuple(sorted(range(len(shape)), key=self.order.__getitem__))
        return flat[self.span].reshape(shape).transpose(back)

    def shows(self, state: dict[str, Any], names: Iterable[str]) -> bool:
        """Whether `state` holds the tensors that were handed out under these names, not others put in their place."""
        return all(name in self.exposed and state.get(name) is self.exposed[name] for name in names)


class FlatStorage:
    """One buffer for parameters of equal dtype and device, which become views of it, and its twins.

    `gradients` and each array in `states` are laid out as `buffer`; `numbers` holds what is one number for each
    parameter, its count of updates among them (on the CPU, in PyTorch's type). A lone parameter stays where it is: its
    own memory is the buffer, or, where its elements lie apart, is copied to the buffer and back around each update.
    """

    def __init__(self, tensors: Sequence[Any], alone: bool = False) -> None:
        first = tensors[0].array
        self.device = tensors[0].device
        self.xp = namespace_of(self.device)
        self.states: dict[str, Any] = {}
        self.numbers: dict[str, Any] = {}
        self.segments: list[Segment] = []
        size = 0
        for number, tensor in enumerate(tensors):
            self.segments.append(Segment(self, tensor, number, size))
            size = self.segments[-1].span.stop
        order = memory_order(first)
        self.copied = alone and order is None
        in_place = alone and order is not None
        self.buffer = first.transpose(order).reshape(-1) if in_place else self.xp.empty(size, first.dtype)
        self.gradients = self.xp.empty(size, first.dtype)
        self.at_once = max(1, min(size, ELEMENTS_AT_ONCE) if self.xp is np else size)
        # Two bytes hold too little to compute with: as in PyTorch, results alone are rounded to them.
        self.narrow = first.dtype.itemsize == 2
        self.scratch = self.xp.empty((3, self.at_once), np.float32 if self.narrow else first.dtype)
        for segment in self.segments:
            segment.settle(stays=alone)

    def renew_gradients(self) -> None:
        """Leave the memory of gradients to those who hold arrays over it, and take another one."""
        self.gradients = self.xp.empty(self.gradients.size, self.gradients.dtype)
        for segment in self.segments:
            segment.gradient = segment.view(self.gradients)

    def state(self, name: str) -> Any:
        """The flat array of one kind of state, zeros when it is new."""
        if name not in self.states:
            self.states[name] = self.xp.zeros(self.buffer.size, self.buffer.dtype)
        return self.states[name]

    def number(self, name: str) -> Any:
        """One kind of number for each parameter, zeros when it is new."""
        if name not in self.numbers:
            self.numbers[name] = np.zeros(len(self.segments), number_type())
        return self.numbers[name]

    def adopt(
        self, segment: Segment, state: dict[str, Any], numbers: Sequence[str], start: Mapping[str, float]
    ) -> None:
        """Move a parameter's state, `start` where there is none, into flat arrays; hand out tensors that view them.

        Without a `step` in `start`, a parameter that had all of its state counts as updated once.
        """
        had = {name: state[name].array for name in start if isinstance(state.get(name), TensorBase)}
        own = slice(segment.number, segment.number + 1)
        self.number("step")[own] = len(had) == len(start)
        for name, value in start.items():
            if name in numbers:
                self.number(name)[own] = float(had.get(name, value))
                part = self.number(name)[own].reshape(())
            else:
                part = segment.view(self.state(name))
                part[...] = to_device(had[name], segment.tensor.device) if name in had else value
            state[name] = segment.exposed[name] = wrap(segment.tensor.result_class, part)

    def turn(self, places: Sequence[int] | None, rule: Callable[[dict[str, Any]], Sequence[Any]]) -> Sequence[Any]:
        """Let `rule` move the numbers of these segments, or of all, on in place; returns what it returns."""
        if places is None:
            return rule(self.numbers)
        numbers = {name: values[places] for name, values in self.numbers.items()}
        result = rule(numbers)
        for name, values in numbers.items():
            self.numbers[name][places] = values
        return result

    def parts(self, piece: slice, names: Sequence[str], scale: float) -> tuple[Any, Any, dict[str, Any]]:
        """A piece of the buffer, of its states, and a scaled copy of its gradients; all float32 if they are narrow."""
        parameter, gradient = self.buffer[piece], self.scratch[2, : piece.stop - piece.start]
        gradient[...] = self.gradients[piece]
        if scale != 1:
            gradient *= scale
        states = {name: self.states[name][piece] for name in names}
        if not self.narrow:
            return parameter, gradient, states
        return parameter.astype(np.float32), gradient, {name: each.astype(np.float32) for name, each in states.items()}

    def keep(self, piece: slice, parameter: Any, states: Mapping[str, Any]) -> None:
        """Round what was made of a narrow piece back into its place."""
        if self.narrow:
            self.buffer[piece] = parameter
            for name, state in states.items():
                self.states[name][piece] = state

    def pieces(self, span: slice) -> Iterator[slice]:
        """The parts of a span that are updated one after the other, so that each stays in the cache."""
        for start in range(span.start, span.stop, self.at_once):
            yield slice(start, min(start + self.at_once, span.stop))


def flat_storage(tensors: Sequence[Any], alone: bool = False) -> FlatStorage:
    """A FlatStorage on the device of its parameters, whichever is current."""
    with using(tensors[0].device):
        return FlatStorage(tensors, alone)


def number_type() -> Any:
    """The type of what is one number for each parameter: float64 where that is the default, else float32."""
    return np.float64 if get_default_dtype() is float64 else np.float32


def stretches(stages: Sequence[tuple[Segment, Any]]) -> Iterator[tuple[slice, Any]]:
    """The longest spans of neighbouring segments at one stage, each with its stage."""
    begin = end = 0
    current: Any = None
    for segment, stage in stages:
        if segment.span.start != end or stage != current:
            if end > begin:
                yield slice(begin, end), current
            begin, current = segment.span.start, stage
        end = segment.span.stop
    if end > begin:
        yield slice(begin, end), current


def memory_order(array: Any) -> tuple[int, ...] | None:
    """The dimensions from slowest to fastest in memory; None where the elements don't fill their memory."""
    order = tuple(sorted(range(array.ndim), key=lambda dimension: -array.strides[dimension]))
    return order if array.transpose(order).flags.c_contiguous else None


def may_move(tensor: Any) -> bool:
    """Whether nobody else can reach a parameter's memory, so that no alias is left behind when it moves.

    Every tensor that aliases an array holds its storage, every array that does holds it as its base.
    """
    if tensor.view_of is not None or memory_order(tensor.array) is None:
        return False
    if getrefcount(tensor.storage) > 2 or getrefcount(tensor.array) > 2:
        return False
    owner = tensor.array.base
    if owner is None:
        return bool(tensor.array.flags.owndata)
    return isinstance(owner, type(tensor.array)) and owner.base is None and getrefcount(tensor.array.base) == 3
