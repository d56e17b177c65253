"""What is worked out about a Program before it is run: which slots share memory, and which steps anyone needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.capture.program import Act, Instruction, Program, Slot, Write

Step = Instruction | Write | Act


def slots_in(value: Any) -> Iterator[int]:
    """The numbers of the slots in a nest of arguments."""
    if isinstance(value, Slot):
        yield value.number
    elif isinstance(value, dict):
        for each in value.values():
            yield from slots_in(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from slots_in(each)


def reads(step: Step) -> tuple[int, ...]:
    """The slots whose values a step needs."""
    if isinstance(step, Write):
        return step.target, step.value
    if isinstance(step, Act):
        return step.gradients
    return tuple(slots_in(step.args))


def outputs_of(step: Step) -> tuple[int, ...]:
    """The slots that a step makes."""
    return step.outputs if isinstance(step, Instruction) else ()


def passes_on(step: Step) -> bool:
    """Whether an op hands on the very array that it was given."""
    return isinstance(step, Instruction) and set(step.outputs) <= set(reads(step))


def outside(program: Program) -> set[int]:
    """The slots that were there before the first step."""
    return {*program.inputs, *program.bound, *program.held}


def wanted(program: Program) -> list[int]:
    """The slots that outlive the steps: of the result, and of gradients."""
    return [*slots_in(program.result), *(slot for _, slot in program.gradients if slot is not None)]


class Aliases:
    """Which slots share memory: `roots` gives for each slot the one in whose memory it lies.

    A view lies in its source's memory, and so does a clone of what nobody looks at again (`moves` holds such steps).
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.roots = list(range(len(program.kinds)))
        self.moves: set[int] = set()
        for step in program.steps:
            if isinstance(step, Instruction) and step.op.view and not passes_on(step):
                self._join(step)
        uses = self._uses()
        kept = {self.roots[number] for number in slots_in(program.result)} | outside(program)
        for index, step in enumerate(program.steps):
            if isinstance(step, Instruction) and step.op.name == "clone" and self._can_move(step, index, uses, kept):
                self.moves.add(index)
                self._join(step)

    def _join(self, step: Instruction) -> None:
        source = self.roots[next(slots_in(step.args))]
        for number in step.outputs:
            self.roots[number] = source

    def _uses(self) -> dict[int, list[int]]:
        """The steps that look at each root, in order; the last one stands for what outlives them."""
        uses: dict[int, list[int]] = {}
        for index, step in enumerate(self.program.steps):
            for number in {self.roots[number] for number in reads(step)}:
                uses.setdefault(number, []).append(index)
        for number in wanted(self.program):
            uses.setdefault(self.roots[number], []).append(len(self.program.steps))
        return uses

    def _can_move(self, step: Instruction, index: int, uses: dict[int, list[int]], kept: set[int]) -> bool:
        source = next(slots_in(step.args))
        kinds = self.program.kinds
        alone = self.roots[source] not in kept and max(uses[self.roots[source]]) == index
        return alone and kinds[source].layout is not None and kinds[source].layout == kinds[step.outputs[0]].layout


def needed_steps(program: Program, aliases: Aliases) -> list[tuple[int, Step]]:
    """The steps, with their numbers, whose outcome reaches the result, a gradient or memory from outside."""
    roots = aliases.roots
    live = {roots[number] for number in wanted(program)} | {roots[number] for number in outside(program)}
    seen = set(wanted(program))
    kept: list[tuple[int, Step]] = []
    for index in range(len(program.steps) - 1, -1, -1):
        step = program.steps[index]
        if passes_on(step):
            continue
        if isinstance(step, Instruction):
            is_view = step.op.view or index in aliases.moves
            if seen.isdisjoint(step.outputs) if is_view else live.isdisjoint(step.outputs):
                continue
        elif isinstance(step, Write) and roots[step.target] not in live:
            continue
        seen.update(reads(step))
        live.update(roots[number] for number in reads(step))
        kept.append((index, step))
    return kept[::-1]
