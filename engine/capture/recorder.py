"""The recorder: an observer of ops and writes that builds a Program."""

from __future__ import annotations

import traceback
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from engine.autograd.apply import plan_for
from engine.autograd.draw import Draw
from engine.autograd.modes import modes
from engine.autograd.tensor_base import TensorBase
from engine.capture.memory import layout_of
from engine.capture.program import Act, Instruction, Kind, Program, Slot, Write
from engine.capture.surroundings import Surroundings

_ENGINE = str(Path(__file__).parents[1])


class NotRecordable(Exception):
    """What a function did cannot be replayed; the message says what and where."""


class Holder(NamedTuple):
    """A tensor from outside and the kind and shape of its gradient at first, None if it had none."""

    tensor: Any
    had: Any


class Recorder:
    """Builds a Program from the ops it is told of.

    Slots are found by the array that a tensor holds: what backward kept comes back as another tensor over the same
    array. What dies is forgotten at once, so that another may have its identity, and takes no memory while recording.
    """

    def __init__(self, arguments: list[Any], surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.numbers: dict[int, int] = {}
        self.outside: list[tuple[Any, Any]] = [(each, each.node) for each in arguments]
        self.watched: dict[int, Any] = {}
        self.kinds: list[Kind] = []
        self.problem: str | None = None
        self.program = Program(tuple(self.new_slot(each) for each in arguments))
        self.guards: list[tuple[Callable[[], Any], Any]] = []
        self.arguments = {id(each) for each in arguments}
        self.made: dict[int, Any] = {}
        self.holders: dict[int, Holder] = {}

    def new_slot(self, tensor: Any) -> int:
        """A fresh slot for a tensor."""
        number = len(self.kinds)
        if tensor.array is None:
            self.problem = self.problem or "a tensor of the meta device, which has no values"
            self.kinds.append(Kind(tensor.result_class, tensor.kind, None))
            return number
        self.kinds.append(Kind(tensor.result_class, tensor.kind, layout_of(tensor.array)))
        key = id(tensor.array)
        self.numbers[key] = number
        self.watched[key] = weakref.ref(tensor.array, lambda _: self.numbers.pop(key, None))
        return number

    def slot(self, tensor: Any) -> int:
        """The slot of a tensor; one from outside is bound."""
        number = self.numbers.get(id(tensor.array))
        if number is None:
            number = self.new_slot(tensor)
            self.program.bound[number] = tensor
            self.outside.append((tensor, tensor.node))
        return number

    def ran(self, op: Any, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        """Append an op."""
        encoded = tuple(self.encode(each) for each in args)
        self.made.update(map(self.watch, outputs))
        plan = plan_for(op, args, modes.state)
        self.program.steps.append(Instruction(op, encoded, tuple(self.output_slot(each) for each in outputs), plan))

    def watch(self, tensor: Any) -> tuple[int, Any]:
        """A tensor that was made here, by its identity for as long as it lives."""
        key = id(tensor)
        return key, weakref.ref(tensor, lambda _: self.made.pop(key, None))

    def output_slot(self, tensor: Any) -> int:
        """The slot of an output: that of its input where the op handed the input's own array on."""
        number = self.numbers.get(id(tensor.array))
        return self.new_slot(tensor) if number is None else number

    def wrote(self, target: Any, value: Any) -> None:
        """Append a write."""
        self.program.steps.append(Write(self.slot(target), self.slot(value)))

    def acts(self, what: Any, gradients: list[Any]) -> None:
        """Append what an optimizer, or the like, does with gradients to what is outside."""
        self.program.steps.append(Act(what, tuple(self.slot(each) for each in gradients)))

    def holds_gradient(self, tensor: Any) -> None:
        """Note a tensor from outside and what gradient it has: the next call may find another one there."""
        if id(tensor) in self.made or id(tensor) in self.holders:
            return
        gradient = tensor.gradient
        if tensor.node is not None:
            self.guard(lambda: _hooks_of(tensor.node))
        self.holders[id(tensor)] = Holder(tensor, None if gradient is None else self.gradient_kind(gradient))
        if gradient is not None and id(gradient.array) not in self.numbers:
            self.program.held[self.new_slot(gradient)] = tensor
        elif gradient is not None:
            # Met before under another name: it may stand for that only while it is the same one.
            self.guard(lambda: tensor.gradient)

    def gradient_kind(self, gradient: Any) -> Any:
        """What a gradient has to be again; one with a history is none that a recording can hold."""
        if gradient.requires_grad:
            self.problem = self.problem or "a gradient that requires grad itself, of backward(create_graph=True)"
        return gradient.kind, gradient.shape

    def sets_history(self, tensor: Any) -> None:
        """Note what history a tensor had before it is told to have one or none."""
        if id(tensor) not in self.made:
            self.outside.append((tensor, tensor.node))

    def reads_host(self, what: str) -> None:
        """Note that the function left the tensors: what it does next may depend on values."""
        if self.problem is None:
            self.problem = f"{what}, at {_calling_line()}"

    def enters(self, module: Any) -> None:
        """Note what a module is like before it runs."""
        self.surroundings.enter_module(module, type(module).__name__)

    def guard(self, read: Callable[[], Any]) -> None:
        """Replay only while `read()` gives what it gives now."""
        self.guards.append((read, read()))

    def encode(self, value: Any) -> Any:
        """A value with Slots where tensors are."""
        if isinstance(value, TensorBase):
            return Slot(self.slot(value))
        if isinstance(value, Draw) and all(value is not each for each in self.program.draws):
            self.program.draws.append(value)
        if type(value) in (tuple, list):
            return type(value)(self.encode(each) for each in value)
        if type(value) is dict:
            return {name: self.encode(each) for name, each in value.items()}
        return value

    def finish(self, result: Any) -> Program:
        """The whole Program; raises NotRecordable with the reason if there is none."""
        for tensor in tensors_of(result):
            if tensor.requires_grad:
                self.problem = (
                    self.problem or "the function returns a tensor that requires grad; call backward inside it"
                )
        if any(tensor.node is not node for tensor, node in self.outside):
            self.problem = self.problem or "the function changes the history of a tensor from outside"
        if self.problem is not None:
            raise NotRecordable(self.problem)
        program = self.program
        program.result = self.encode(result)
        for holder in self.holders.values():
            if id(holder.tensor) in self.arguments:
                raise NotRecordable("a leaf that is an argument collects gradients; make it a parameter from outside")
            gradient = holder.tensor.gradient
            if gradient is not None:
                self.gradient_kind(gradient)
            program.gradients.append((holder.tensor, None if gradient is None else self.slot(gradient)))
        if self.problem is not None:
            raise NotRecordable(self.problem)
        program.kinds = self.kinds
        self.numbers, self.watched, self.made = {}, {}, {}
        return program


def tensors_of(value: Any) -> list[Any]:
    """The tensors in a nest of tuples, lists and dicts, in order."""
    if isinstance(value, TensorBase):
        return [value]
    if isinstance(value, dict):
        return [tensor for each in value.values() for tensor in tensors_of(each)]
    if isinstance(value, tuple | list):
        return [tensor for each in value for tensor in tensors_of(each)]
    return []


def _hooks_of(node: Any) -> str | None:
    """The hooks at a leaf, as something that can be compared."""
    hooks, after = node.hooks, getattr(node, "after", None)
    return repr([[id(each) for each in table or ()] for table in (hooks, after)]) if hooks or after else None


def _calling_line() -> str:
    """The innermost line outside of the engine."""
    for frame in reversed(traceback.extract_stack()):
        if not frame.filename.startswith(_ENGINE):
            return f"{frame.filename}:{frame.lineno}"
    return "an unknown line"
