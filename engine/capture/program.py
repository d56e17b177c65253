"""Program: the flat list of ops and writes that a function did, over numbered slots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.autograd.apply import apply_with_saved
from engine.autograd.draw import Draw
from engine.autograd.in_place import copy_into
from engine.autograd.modes import modes, no_grad
from engine.capture.memory import Layout


class Slot(NamedTuple):
    """The place of one tensor in a Program."""

    number: int


class Instruction(NamedTuple):
    """One op: its arguments with Slots where tensors were, the slots of its outputs and of what it saved, its plan."""

    op: Any
    args: tuple[Any, ...]
    outputs: tuple[int, ...]
    plan: Any = None

    def __repr__(self) -> str:
        outputs = ", ".join(f"%{number}" for number in self.outputs)
        return f"{outputs} = {self.op.name}({', '.join(map(_shown, self.args))})"


class Write(NamedTuple):
    """One write of a slot's values into another slot's memory."""

    target: int
    value: int

    def __repr__(self) -> str:
        return f"%{self.target}[...] = %{self.value}"


class Act(NamedTuple):
    """Something that can be run again, reads gradients and writes what is outside: an optimizer's update.

    `what.gradients` says where the gradients are to lie; it `stands` while it may be run.
    """

    what: Any
    gradients: tuple[int, ...]

    def __repr__(self) -> str:
        return f"{self.what!r}({', '.join(f'%{number}' for number in self.gradients)})"


class Kind(NamedTuple):
    """What a slot held when it was recorded: the class of the tensor, its kind, and its layout in memory."""

    family: Any
    kind: int
    layout: Layout | None


@dataclass
class Program:
    """What a function did: `inputs` are its tensor arguments' slots, `bound` the tensors from outside that it touched.

    `held` says of which tensor a slot is the `.grad` at the start, `gradients` which slot it is at the end (None: no
    gradient), `result` is what the function returned, `kinds` what each slot held, `draws` the random draws in order.
    """

    inputs: tuple[int, ...]
    steps: list[Instruction | Write | Act] = field(default_factory=list)
    bound: dict[int, Any] = field(default_factory=dict)
    held: dict[int, Any] = field(default_factory=dict)
    gradients: list[tuple[Any, int | None]] = field(default_factory=list)
    result: Any = None
    kinds: list[Kind] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)

    def replay(self, tensors: list[Any]) -> Any:
        """Do the same to other tensors; random ops draw afresh, bound tensors are read as they are now."""
        values: list[Any] = [None] * len(self.kinds)
        for number, tensor in self.bound.items():
            values[number] = tensor
        for number, leaf in self.held.items():
            values[number] = leaf.gradient
        for number, tensor in zip(self.inputs, tensors, strict=True):
            values[number] = tensor
        draws: dict[int, Draw] = {}
        with no_grad():
            for step in self.steps:
                if isinstance(step, Write):
                    copy_into(values[step.target], values[step.value].array)
                    continue
                if isinstance(step, Act):
                    for (_, target), number in zip(step.what.gradients, step.gradients, strict=True):
                        target[...] = values[number].array
                    step.what.again()
                    continue
                produced = _done(step, tuple(_filled(argument, values, draws) for argument in step.args))
                for number, tensor in zip(step.outputs, produced, strict=True):
                    values[number] = tensor
        for leaf, slot in self.gradients:
            leaf.gradient = None if slot is None else values[slot]
        return _filled(self.result, values, draws)

    def __str__(self) -> str:
        return "\n".join(map(repr, self.steps))


def _done(step: Instruction, args: tuple[Any, ...]) -> tuple[Any, ...]:
    if step.op.saved and len(step.outputs) > step.op.outputs:
        # Backward is a part of the Program and reads what forward saved for it.
        return apply_with_saved(step.op, args, modes.state)
    produced = step.op(*args)
    return produced if isinstance(produced, tuple) else (produced,)


def _filled(value: Any, values: list[Any], draws: dict[int, Draw]) -> Any:
    if isinstance(value, Slot):
        return values[value.number]
    if isinstance(value, Draw):
        # One draw may serve several ops: what runs twice under checkpoint draws once.
        if id(value) not in draws:
            draws[id(value)] = value.renew()
        return draws[id(value)]
    if type(value) in (tuple, list):
        return type(value)(_filled(each, values, draws) for each in value)
    if type(value) is dict:
        return {name: _filled(each, values, draws) for name, each in value.items()}
    return value


def _shown(value: Any) -> str:
    return f"%{value.number}" if isinstance(value, Slot) else repr(value)
