"""Plan: a Program bound to memory of its own, run as a list of calls."""

from __future__ import annotations

from collections.abc import Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from engine.autograd.tensor_base import INFERENCE, wrap
from engine.capture.binding import Binder
from engine.capture.memory import Layout, Need, arena, laid_out, layout_of
from engine.capture.passes import Aliases, needed_steps, outputs_of, outside, reads, wanted
from engine.capture.program import Act, Instruction, Program, Slot, Write
from engine.kernels.cpu.launching import threads

_NOTHING = np.empty(0, np.uint8)

# Arguments of up to so many bytes are copied to one place, as calls on arrays that stay there need no looking up.
COPIED = 1 << 17


class NotPlannable(Exception):
    """A Program that has to be replayed op by op; the message says why."""


class Loan:
    """A gradient that was handed to a leaf and lies in a plan's memory, and how many held it then."""

    __slots__ = ("array", "held", "slot", "storage", "tensor")

    def __init__(self, slot: int, array: Any, family: Any) -> None:
        self.slot = slot
        self.array = array
        self.tensor = wrap(family, array)
        self.storage = self.tensor.storage
        self.held = 0

    def holders(self, leaf: Any) -> int:
        """How many hold the tensor, its array or its storage, but for the leaf itself."""
        is_there = leaf.gradient is self.tensor
        return getrefcount(self.tensor) + getrefcount(self.array) + getrefcount(self.storage) - is_there


class Plan:
    """The steps of a Program that anyone needs, as calls on arrays in one piece of memory.

    Raises NotPlannable where memory cannot be planned, or where an op computes on another device or in another type.
    """

    def __init__(self, program: Program, tensors: Sequence[Any]) -> None:
        self.program = program
        self.aliases = Aliases(program)
        self.steps = needed_steps(program, self.aliases)
        self.outside = outside(program)
        self.acts = [step for _, step in self.steps if isinstance(step, Act)]
        roots = self.aliases.roots
        self.written = [roots[step.target] for _, step in self.steps if isinstance(step, Write)]
        self._check()
        looked_at = {number for _, step in self.steps for number in reads(step)} | set(wanted(program))
        self.held = {number: leaf for number, leaf in program.held.items() if number in looked_at}
        self.copies = self._small_inputs(tensors)
        # Gradients that somebody kept: they are handed out as copies from then on.
        self.exposed: set[int] = set()
        self.loans: list[tuple[Any, Loan]] = []
        self.bind(tensors)

    def _small_inputs(self, tensors: Sequence[Any]) -> dict[int, Any]:
        """The places of arguments that are copied: small ones that are only read, and not handed back."""
        roots = self.aliases.roots
        kept = {roots[number] for number in wanted(self.program)} | set(self.written)
        return {
            number: np.empty_like(tensor.array)
            for number, tensor in zip(self.program.inputs, tensors, strict=True)
            if number not in kept and tensor.array.nbytes <= COPIED and layout_of(tensor.array) is not None
        }

    def _check(self) -> None:
        for _, step in self.steps:
            if not isinstance(step, Instruction):
                continue
            if step.plan.device.type != "cpu" or step.plan.widens:
                raise NotPlannable(f"{step.op.name} computes on {step.plan.device}, or in another type")
            if any(self.program.kinds[number].layout is None for number in step.outputs) and not step.op.view:
                raise NotPlannable(f"{step.op.name} gives an array with gaps")
        roots = self.aliases.roots
        for leaf, slot in self.program.gradients:
            if slot is not None and roots[slot] in self.outside and self.program.held.get(slot) is not leaf:
                raise NotPlannable("a gradient lies in the memory of a tensor from outside")

    def bind(self, tensors: Sequence[Any]) -> None:
        """Find memory for all values, and bind the steps to it."""
        self.threads = threads()
        needs, order = self._needs(tensors)
        offsets, size = laid_out(needs)
        memory = arena(size)
        places = dict(zip(order, offsets, strict=True))
        homes = self._homes()
        roots = self.aliases.roots
        lasting = {roots[slot] for _, slot in self.program.gradients if slot is not None}

        def place(number: int, layout: Layout) -> Any:
            if number in homes:
                return homes[number]
            # Gradients are arrays with memory of their own, so that their holders can be counted.
            return layout.over(arena(layout.size), 0) if number in lasting else layout.over(memory, places[number])

        self.binder = self._binder(tensors)
        for index, (number, step) in enumerate(self.steps):

            def room(count: int, index: int = index) -> Any:
                return np.ndarray(count, np.uint8, memory, places[-1 - index]) if count else _NOTHING

            self.binder.bind(step, number in self.aliases.moves, place, room)
        self.size = size
        # Calls know their binder: if it knew them too, memory would wait for the garbage collector.
        self.calls, self.binder.calls = self.binder.calls, []
        self.changed = self._changed()
        self.bound = [(tensor, tensor.array) for tensor in self.program.bound.values()]
        self.counted = False
        self.loans = [
            (leaf, Loan(slot, self.binder.arrays[slot], self.program.kinds[slot].family))
            for leaf, slot in self.program.gradients
            if slot is not None and slot not in self.program.held
        ]
        self.borrowers = {leaf for leaf, _ in self.loans}
        self.without = [leaf for leaf, slot in self.program.gradients if slot is None]

    def _binder(self, tensors: Sequence[Any]) -> Binder:
        program = self.program
        arrays: list[Any] = [None] * len(program.kinds)
        for number, tensor in program.bound.items():
            arrays[number] = tensor.array
        for number, leaf in self.held.items():
            arrays[number] = leaf.gradient.array
        for number, tensor in zip(program.inputs, tensors, strict=True):
            arrays[number] = self.copies.get(number, tensor.array)
        moving = {*program.inputs, *program.held}.difference(self.copies)
        # Gradients belong to whoever holds the leaf between two runs, and may be changed there.
        changing = {*self.written, *(self.aliases.roots[slot] for _, slot in program.gradients if slot is not None)}
        return Binder(program, arrays, moving, changing)

    def _needs(self, tensors: Sequence[Any]) -> tuple[list[Need], list[int]]:
        """What has to be kept from when to when, and its slot; -1 - i is the scratch memory of step i."""
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        sizes: dict[int, int] = {}
        binder = self._binder(tensors)
        roots = self.aliases.roots
        for index, (number, step) in enumerate(self.steps):

            def place(slot: int, layout: Layout, index: int = index) -> Any:
                first[slot], sizes[slot] = index, layout.size
                return layout.over(np.empty(max(layout.size, 1), np.uint8).data, 0)

            def room(count: int, index: int = index) -> Any:
                if count:
                    first[-1 - index] = last[-1 - index] = index
                    sizes[-1 - index] = count
                return np.empty(count, np.uint8)

            binder.bind(step, number in self.aliases.moves, place, room)
            for slot in (*reads(step), *outputs_of(step)):
                last[roots[slot]] = index
        binder.calls.clear()
        for slot in wanted(self.program):
            last[roots[slot]] = len(self.steps)
        order = list(sizes)
        return [Need(sizes[slot], first[slot], last[slot]) for slot in order], order

    def _homes(self) -> dict[int, Any]:
        """Where gradients are to be made so that what uses them finds them in its own memory, by root."""
        homes: dict[int, Any] = {}
        roots, kinds = self.aliases.roots, self.program.kinds
        for act in self.acts:
            for slot, (_, target) in zip(act.gradients, act.what.gradients, strict=True):
                root = roots[slot]
                mine, whole = kinds[slot].layout, kinds[root].layout
                if root in self.outside or root in homes or root in self.written or slot in self.exposed:
                    continue
                if mine is None or whole is None or mine.size != whole.size or mine.dtype != target.dtype:
                    continue
                if mine.is_plain and whole.is_plain and target.flags.c_contiguous:
                    homes[root] = target.reshape(whole.shape)
        return homes

    def prepare(self, tensors: Sequence[Any]) -> None:
        """Bind anew what has moved: parameters with other arrays, gradients that were kept, and other threads."""
        moved = any(tensor.array is not array for tensor, array in self.bound)
        kept = self._take_back()
        overwritten = self._overwritten(tensors)
        for number in overwritten:
            del self.copies[number]
        if kept:
            for act in self.acts:
                act.what.renew_gradients()
        # Scratch memory is for so many threads.
        if kept or moved or overwritten or self.threads != threads():
            self.bind(tensors)

    def _changed(self) -> dict[int, Any]:
        """The storages of parameters and of what is bound that each run writes, by identity."""
        program = self.program
        tensors = [program.bound[root] for root in self.written if root in program.bound]
        tensors += [tensor for act in self.acts for tensor in act.what.parameters]
        return {id(each.storage): each.storage for each in tensors}

    def _overwritten(self, tensors: Sequence[Any]) -> list[int]:
        """The copied arguments that lie in memory which this run writes: a copy would not see that."""
        program, copies, changed = self.program, self.copies, self.changed
        if not copies:
            return []
        for root in self.written:
            if root in program.held or root in program.inputs:
                tensor = program.held[root].gradient if root in program.held else tensors[program.inputs.index(root)]
                changed = {**changed, id(tensor.storage): tensor.storage}
        return [
            number
            for number, tensor in zip(program.inputs, tensors, strict=True)
            if id(tensor.storage) in changed and number in copies
        ]

    def run(self, tensors: Sequence[Any]) -> Any:
        """Do the steps to other tensors of the same kinds."""
        program, arrays = self.program, self.binder.arrays
        for number, leaf in self.held.items():
            # The plan makes the new gradient where the old one lies that it lent.
            arrays[number] = leaf.gradient.array.copy() if leaf in self.borrowers else leaf.gradient.array
        for number, tensor in zip(program.inputs, tensors, strict=True):
            if number in self.copies:
                np.copyto(self.copies[number], tensor.array)
            else:
                arrays[number] = tensor.array
        if program.draws:
            self.binder.draws = {id(draw): draw.renew() for draw in program.draws}
        for leaf, _ in self.loans:
            # An error in the middle leaves no gradient of the last time behind.
            leaf.gradient = None
        try:
            for function, args in self.calls:
                function(*args)
            if self.written:
                self._raise_versions(tensors)
            self._lend()
            return self._result(program.result, tensors)
        finally:
            # Arguments live no longer than their callers want.
            for number in self.binder.moving:
                arrays[number] = None

    def _raise_versions(self, tensors: Sequence[Any]) -> None:
        program = self.program
        for root in self.written:
            if root in program.bound:
                program.bound[root].storage.version += 1
            elif root in program.held:
                program.held[root].gradient.storage.version += 1
            elif root in program.inputs:
                tensors[program.inputs.index(root)].storage.version += 1

    def _lend(self) -> None:
        for leaf in self.without:
            leaf.gradient = None
        for leaf, loan in self.loans:
            copied = loan.slot in self.exposed
            leaf.gradient = wrap(loan.tensor.result_class, loan.array.copy()) if copied else loan.tensor
        if not self.counted:
            # Not while binding, which holds arrays itself.
            self.counted = True
            for leaf, loan in self.loans:
                loan.held = loan.holders(leaf)

    def _take_back(self) -> bool:
        """Note the gradients that somebody kept from the last run; whether there are any, who now own the memory."""
        if not self.counted:
            return False
        kept = {loan.slot for leaf, loan in self.loans if loan.holders(leaf) != loan.held} - self.exposed
        self.exposed |= kept
        return bool(kept)

    def _result(self, value: Any, tensors: Sequence[Any]) -> Any:
        if isinstance(value, Slot):
            return self._handed_out(value.number, tensors)
        if type(value) in (tuple, list):
            return type(value)(self._result(each, tensors) for each in value)
        if type(value) is dict:
            return {name: self._result(each, tensors) for name, each in value.items()}
        return value

    def _handed_out(self, number: int, tensors: Sequence[Any]) -> Any:
        """A tensor that the caller may keep: a copy of what the plan made, an alias of what is outside."""
        program, array = self.program, self.binder.arrays[number]
        root, kind = self.aliases.roots[number], program.kinds[number]
        if root in program.bound:
            made = wrap(kind.family, array, program.bound[root].storage)
        elif root in program.inputs:
            made = wrap(kind.family, array, tensors[program.inputs.index(root)].storage)
        elif root in program.held:
            made = wrap(kind.family, array, program.held[root].gradient.storage)
        else:
            made = wrap(kind.family, array.copy(order="K"))
        made.kind |= kind.kind & INFERENCE
        return made
