"""Recording: a Program with the conditions under which it may stand for the function that was recorded."""

from __future__ import annotations

from typing import Any

from engine.capture.plan import NotPlannable, Plan
from engine.capture.program import Act, Program
from engine.capture.recorder import Recorder
from engine.capture.surroundings import Unchanged, same


class Recording:
    """A Program, what it took for granted, and the plan that runs it; `unplanned` says why none can."""

    def __init__(self, program: Program, recorder: Recorder) -> None:
        self.program = program
        self.guards = recorder.guards
        self.unchanged = Unchanged(recorder.surroundings.watches)
        self.bound = [(tensor, tensor.kind, tensor.shape) for tensor in program.bound.values()]
        self.holders = tuple(recorder.holders.values())
        self.acts = [step.what for step in program.steps if isinstance(step, Act)]
        self.plan: Plan | None = None
        self.unplanned: str | None = None

    def holds(self) -> bool:
        """Whether everything that the recording took for granted is still so."""
        for tensor, kind, shape in self.bound:
            if tensor.kind != kind or tensor.shape != shape:
                return False
        for tensor, had in self.holders:
            gradient = tensor.gradient
            if (None if gradient is None else (gradient.kind, gradient.shape)) != had:
                return False
        if not all(same(read(), then) for read, then in self.guards):
            return False
        return self.unchanged() and all(act.stands() for act in self.acts)

    def replay(self, tensors: list[Any]) -> Any:
        """The function's result for other tensors of the same kinds."""
        if self.plan is None and self.unplanned is None:
            try:
                self.plan = Plan(self.program, tensors)
            except NotPlannable as reason:
                self.unplanned = str(reason)
        if self.plan is None:
            return self.program.replay(tensors)
        self.plan.prepare(tensors)
        return self.plan.run(tensors)
