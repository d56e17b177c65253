"""compile: a function that is recorded once a kind of arguments and replayed from then on."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

from engine.autograd.modes import modes, observing
from engine.autograd.tensor_base import IS_VIEW, TensorBase
from engine.capture.plan import NotPlannable, Plan
from engine.capture.program import Program
from engine.capture.recorder import NotRecordable, Recorder, tensors_of

_PLAIN = (int, float, bool, str, bytes, type(None))


class Recording:
    """A Program and the conditions under which it may stand for the function."""

    def __init__(self, program: Program, recorder: Recorder) -> None:
        self.program = program
        self.guards = recorder.guards
        self.kinds = {number: tensor.kind for number, tensor in program.bound.items()}
        self.shapes = {number: tensor.shape for number, tensor in program.bound.items()}
        self.holders = tuple(recorder.holders.values())
        self.plan: Plan | None = None
        self.plannable = True

    def replay(self, tensors: list[Any]) -> Any:
        """The function's result for other tensors of the same kinds."""
        if self.plannable and self.plan is None:
            try:
                self.plan = Plan(self.program, tensors)
            except NotPlannable:
                self.plannable = False
        if self.plan is not None and self.plan.ready(tensors):
            return self.plan.run(tensors)
        return self.program.replay(tensors)

    def holds(self) -> bool:
        """Whether everything that the recording took for granted is still so."""
        for number, tensor in self.program.bound.items():
            if tensor.kind != self.kinds[number] or tensor.shape != self.shapes[number]:
                return False
        for tensor, had in self.holders:
            gradient = tensor.gradient
            if (None if gradient is None else (gradient.kind, gradient.shape)) != had:
                return False
        return all(_same(read(), then) for read, then in self.guards)


class Compiled:
    """A function with its recordings; `replays` counts how often one stood in, `reason` says why none can."""

    def __init__(self, function: Callable[..., Any], verify: bool) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.verify = verify
        self.recordings: dict[Any, list[Recording]] = {}
        self.replays = 0
        self.reason: str | None = None

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        state = modes.state
        if self.reason is not None or state.observer is not None or state.anomaly:
            return self.function(*args, **keywords)
        tensors = tensors_of((args, keywords))
        key = (
            _structure((args, keywords)),
            state.grad,
            state.kernels,
            tuple((each.kind & ~IS_VIEW, each.shape) for each in tensors),
        )
        for recording in self.recordings.get(key, ()):
            if recording.holds():
                if self.verify:
                    return self.compare(recording, args, keywords)
                self.replays += 1
                return recording.replay(tensors)
        result, made = self.record(args, keywords)
        if made is not None:
            self.recordings.setdefault(key, []).append(made)
        return result

    def record(self, args: Any, keywords: Any) -> tuple[Any, Recording | None]:
        """Run the function and record it; where it cannot be recorded, say so once and stay eager."""
        recorder = Recorder(tensors_of((args, keywords)))
        for read in _surroundings(self.function):
            recorder.guard(read)
        with observing(recorder):
            result = self.function(*args, **keywords)
        try:
            return result, Recording(recorder.finish(result), recorder)
        except NotRecordable as problem:
            self.reason = str(problem)
            name = getattr(self.function, "__name__", repr(self.function))
            warnings.warn(f"{name} runs without its recording: {problem}", RuntimeWarning, stacklevel=3)
            return result, None

    def compare(self, recording: Recording, args: Any, keywords: Any) -> Any:
        """Record again and compare, op by op; raises RuntimeError at the first difference."""
        result, fresh = self.record(args, keywords)
        old = [repr(step) for step in recording.program.steps]
        new = [repr(step) for step in fresh.program.steps] if fresh is not None else []
        for position, (before, now) in enumerate(zip(old, new, strict=False)):
            if before != now:
                raise RuntimeError(
                    f"the recording of {self.function!r} differs at op {position}: it was {before} and is {now}"
                )
        if len(old) != len(new):
            raise RuntimeError(f"the recording of {self.function!r} had {len(old)} ops and has {len(new)} now")
        return result


def compile(function: Callable[..., Any] | None = None, *, verify: bool = False) -> Any:
    """Record what `function` does to tensors and replay that for arguments of the same kinds (torch.compile).

    Backward, random draws and writes are part of it. A function that reads values on the host, or returns a tensor
    that requires grad, runs as it is, after one warning that names the line. `verify` records each call and compares.
    """
    if function is None:
        return functools.partial(compile, verify=verify)
    return Compiled(function, verify)


def _structure(value: Any) -> Any:
    """The arguments with their tensors left out, hashable."""
    if isinstance(value, TensorBase):
        return TensorBase
    if isinstance(value, tuple | list):
        return (type(value), *(_structure(each) for each in value))
    if isinstance(value, dict):
        return (dict, *((name, _structure(each)) for name, each in value.items()))
    return (type(value), value) if isinstance(value, _PLAIN) else (type(value), id(value))


def _surroundings(function: Callable[..., Any]) -> list[Callable[[], Any]]:
    """Readers of the closure cells and globals that a function names."""
    code = getattr(function, "__code__", None)
    if code is None:
        return []
    cells = getattr(function, "__closure__", None) or ()
    scope = getattr(function, "__globals__", {})
    readers: list[Callable[[], Any]] = [functools.partial(_cell, cell) for cell in cells]
    readers += [functools.partial(scope.get, name) for name in code.co_names if name in scope]
    return readers


def _cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _same(now: Any, then: Any) -> bool:
    return (type(now) is type(then) and now == then) if isinstance(then, _PLAIN) else now is then
