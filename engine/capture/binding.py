"""Binding: the steps of a Program as calls on arrays that stay where they are from replay to replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.apply import computed
from engine.autograd.dispatch import chosen, infer, is_plain, split
from engine.autograd.draw import Draw
from engine.autograd.modes import ModeState, modes
from engine.capture.memory import Layout
from engine.capture.passes import reads
from engine.capture.program import Act, Instruction, Program, Slot, Write
from engine.kernels.cpu.jit import calls_of
from engine.kernels.kernel import Kernel

# Nothing is looked up in a replay, so that a compiled loop is soon faster than NumPy's; below this a first run would
# compile what it hardly uses.
LEAST_OF_EXACT = 1 << 12

Call = tuple[Callable[..., Any], tuple[Any, ...]]
Place = Callable[[int, Layout], Any]
Room = Callable[[int], Any]


class Binder:
    """Binds steps one by one, in order; `arrays` holds what each slot lies in, None before it is known.

    Slots that change their array from call to call (arguments, gradients from before, and views of them) are `moving`:
    steps that read them look the array up. Memory of the slots in `changing` is written after it was made.
    """

    def __init__(self, program: Program, arrays: list[Any], moving: set[int], changing: set[int]) -> None:
        self.program = program
        self.arrays = arrays
        self.moving = moving
        self.changing = changing
        self.state = ModeState()
        self.state.kernels = modes.state.kernels
        self.draws: dict[int, Draw] = {}
        self.calls: list[Call] = []

    def bind(self, step: Any, is_move: bool, place: Place, room: Room) -> None:
        """Append the calls that do a step; its outputs get their arrays.

        `place(slot, layout)` gives an array for a value that a step makes, `room(bytes)` scratch memory for one step.
        """
        if isinstance(step, Write):
            self._bind_write(step.target, step.value)
        elif isinstance(step, Act):
            self._bind_act(step)
        elif step.op.view or is_move:
            self._bind_view(step, is_move)
        elif step.op.filling and self.changing.isdisjoint(step.outputs):
            self.arrays[step.outputs[0]] = step.op.reference(*self.values(step))
        else:
            self._bind_op(step, place, room)

    def _bind_write(self, target: int, value: int) -> None:
        if self.moving.isdisjoint((target, value)):
            self.calls.append((_write, (self.arrays[target], self.arrays[value])))
        else:
            self.calls.append((self._write_moving, (target, value)))

    def _write_moving(self, target: int, value: int) -> None:
        _write(self.arrays[target], self.arrays[value])

    def _bind_act(self, step: Act) -> None:
        for slot, (_, target) in zip(step.gradients, step.what.gradients, strict=True):
            if slot in self.moving:
                self.calls.append((self._copy_moving, (target, slot)))
            elif not _is_same(self.arrays[slot], target):
                self.calls.append((_write, (target, self.arrays[slot])))
        self.calls.append((step.what.again, ()))

    def _copy_moving(self, target: Any, slot: int) -> None:
        _write(target, self.arrays[slot])

    def _bind_view(self, step: Instruction, is_move: bool) -> None:
        take = self._move if is_move else self._take_view
        # Now, for the steps that are bound after this one; and each time, where the source will be another array.
        take(step)
        if not self.moving.isdisjoint(reads(step)):
            self.moving.update(step.outputs)
            self.calls.append((take, (step,)))

    def _move(self, step: Instruction) -> None:
        self.arrays[step.outputs[0]] = self.values(step)[0]

    def _take_view(self, step: Instruction) -> None:
        seen = step.op.reference(*self.values(step))
        for number, each in zip(step.outputs, seen if isinstance(seen, tuple) else (seen,), strict=True):
            self.arrays[number] = each

    def _bind_op(self, step: Instruction, place: Place, room: Room) -> None:
        for number in step.outputs:
            layout = self.program.kinds[number].layout
            assert layout is not None
            self.arrays[number] = place(number, layout)
        targets = tuple(self.arrays[number] for number in step.outputs)
        if step.op.saved and len(targets) == step.op.outputs:
            # Nothing goes backward: what the op would save has no slot, but kernels fill it all the same.
            specs = infer(step.op, self.values(step))[len(targets) :]
            targets += tuple(np.empty(spec.shape, spec.dtype.numpy) for spec in specs)
        if self._converts(step):
            self.calls.append((self._fall_back, (step, targets)))
            return
        values = self.values(step)
        inputs, attributes = split(step.op, values)
        kernel = chosen(step.op, step.plan.device, inputs, attributes, self.state, LEAST_OF_EXACT)
        if kernel is not None and (kernel.strided or all(map(is_plain, targets))):
            self._bind_kernel(step, kernel, targets, inputs, attributes, room)
        elif kernel is None and step.op.onto is not None and targets[0].dtype.kind == "f":
            call = (step.op.onto, (*targets, *values)) if self._is_still(step) else (self._run_onto, (step, targets))
            self.calls.append(call)
        else:
            self.calls.append((self._fall_back, (step, targets)))

    def _bind_kernel(
        self, step: Instruction, kernel: Kernel, targets: Any, inputs: Any, attributes: Any, room: Room
    ) -> None:
        scratch = room(kernel.scratch(inputs, attributes))
        if not self._is_still(step):
            self.calls.append((self._run_kernel, (step, kernel.function, targets, scratch)))
        elif kernel.fixed:
            # What the kernel calls, with the arguments that it works out of arrays which will be the same.
            self.calls.extend(calls_of(kernel.function, targets, inputs, attributes, scratch))
        else:
            self.calls.append((kernel.function, (targets, inputs, attributes, scratch)))

    def values(self, step: Instruction) -> tuple[Any, ...]:
        """The arguments of a step with arrays where slots are and this replay's random draws."""
        return tuple(map(self._filled, step.args))

    def _filled(self, value: Any) -> Any:
        if isinstance(value, Slot):
            return self.arrays[value.number]
        if isinstance(value, Draw):
            return self.draws.get(id(value), value)
        if type(value) in (tuple, list):
            return type(value)(map(self._filled, value))
        return value

    def _is_still(self, step: Instruction) -> bool:
        """Whether a step reads nothing that changes its place, and draws no random numbers."""
        return self.moving.isdisjoint(reads(step)) and not any(isinstance(each, Draw) for each in step.args)

    def _converts(self, step: Instruction) -> bool:
        """Whether an input has to be cast before the op can run."""
        compute = step.plan.compute
        if compute is None:
            return False
        for position in step.op.promoting:
            given = step.args[position]
            for each in given if type(given) is tuple else (given,):
                if isinstance(each, Slot) and self.arrays[each.number].dtype != compute.numpy:
                    return True
        return False

    def _run_kernel(self, step: Instruction, function: Callable[..., Any], targets: Any, scratch: Any) -> None:
        inputs, attributes = split(step.op, self.values(step))
        function(targets, inputs, attributes, scratch)

    def _run_onto(self, step: Instruction, targets: tuple[Any, ...]) -> None:
        assert step.op.onto is not None
        step.op.onto(*targets, *self.values(step))

    def _fall_back(self, step: Instruction, targets: tuple[Any, ...]) -> None:
        made = computed(step.op, step.plan, self.values(step), self.state)
        for target, each in zip(targets, made, strict=True):
            target[...] = each


def _write(target: Any, value: Any) -> None:
    target[...] = value


def _is_same(array: Any, other: Any) -> bool:
    """Whether two arrays show the same elements in the same memory."""
    return (
        array.__array_interface__["data"] == other.__array_interface__["data"]
        and array.shape == other.shape
        and array.strides == other.strides
    )
