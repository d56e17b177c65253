"""compile: a function that is recorded once a kind of arguments and replayed from then on."""

from __future__ import annotations

import functools
import threading
import warnings
from collections.abc import Callable
from types import FunctionType
from typing import Any

from engine.autograd.modes import modes, observing
from engine.autograd.tensor_base import IS_VIEW, TensorBase
from engine.capture.effects import Watching
from engine.capture.recorder import NotRecordable, Recorder, tensors_of
from engine.capture.recording import Recording
from engine.capture.surroundings import PLAIN

# A function whose surroundings keep changing would be recorded again and again.
RECORDINGS = 16
# Plans take memory: so many kinds of arguments have recordings at a time, and so many others are remembered.
KINDS = 16
REMEMBERED = 4 * KINDS


class Kind:
    """The recordings for one kind of arguments, and which call used them last."""

    __slots__ = ("recordings", "used")

    def __init__(self) -> None:
        self.recordings: list[Recording] = []
        self.used = 0


class Compiled:
    """A function with its recordings.

    `replays` counts the calls in which one stood in, `recorded` those that made one, `crowded` those that ran as they
    are because too many kinds of arguments come; `reason` says why nothing can be recorded.
    """

    def __init__(self, function: Callable[..., Any], verify: bool) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.verify = verify
        self.kinds: dict[Any, Kind] = {}
        self.remembered: dict[Any, None] = {}
        self.replays = 0
        self.recorded = 0
        self.crowded = 0
        self.reason: str | None = None
        # Plans have memory of their own, which two threads must not use at once.
        self.lock = threading.RLock()

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        state = modes.state
        if self.reason is not None or state.observer is not None or state.anomaly or state.packing is not None:
            return self.function(*args, **keywords)
        with self.lock:
            return self.stand_in(args, keywords, state)

    def stand_in(self, args: Any, keywords: Any, state: Any) -> Any:
        """The result by a recording, an old one that holds or a new one."""
        # Most functions are called with tensors alone, whose key takes no search.
        is_plain = not keywords and all(isinstance(each, TensorBase) for each in args)
        tensors = list(args) if is_plain else tensors_of((args, keywords))
        key = (
            len(args) if is_plain else _structure((args, keywords)),
            state.grad,
            state.kernels,
            *map(_kind_of, tensors),
            _shared(tensors),
        )
        kind = self.kinds.get(key) or self.admitted(key)
        if kind is None:
            self.crowded += 1
            return self.function(*args, **keywords)
        kind.used = self.replays + self.recorded
        known = kind.recordings
        for place, recording in enumerate(known):
            if recording.holds():
                if place:
                    # The one that held last most often holds next.
                    known.insert(0, known.pop(place))
                if self.verify:
                    return self.compare(recording, args, keywords)
                self.replays += 1
                return recording.replay(tensors)
        if len(known) >= RECORDINGS:
            changed = known[-1].unchanged.first_change() or "something that it reads"
            self.give_up(f"{changed} was another one in each of {RECORDINGS} recordings; pass it as a tensor")
            return self.function(*args, **keywords)
        result, made = self.record(args, keywords)
        if made is not None:
            self.recorded += 1
            known.append(made)
        return result

    def admitted(self, key: Any) -> Kind | None:
        """A place for the recordings of another kind of arguments; None for one that may not come again.

        Where there is no room, the kind that was not used for longest makes way for one that comes a second time.
        """
        if len(self.kinds) >= KINDS:
            if key not in self.remembered:
                self.remembered[key] = None
                if len(self.remembered) > REMEMBERED:
                    del self.remembered[next(iter(self.remembered))]
                return None
            del self.remembered[key]
            del self.kinds[min(self.kinds, key=lambda each: self.kinds[each].used)]
        made = self.kinds[key] = Kind()
        return made

    def record(self, args: Any, keywords: Any) -> tuple[Any, Recording | None]:
        """Run the function and record it; where it cannot be recorded, say so once and stay eager."""
        watching = Watching()
        recorder = Recorder(tensors_of((args, keywords)), watching.surroundings)
        function = getattr(self.function, "__func__", self.function)
        if isinstance(function, FunctionType):
            watching.surroundings.read_cells(function)
        with observing(recorder), watching:
            result = self.function(*args, **keywords)
        try:
            problem = watching.found()
            if problem is not None and recorder.problem is None:
                raise NotRecordable(problem)
            return result, Recording(recorder.finish(result), recorder)
        except NotRecordable as problem:
            self.give_up(str(problem))
            return result, None

    def give_up(self, reason: str) -> None:
        """Run the function as it is from now on, and say why."""
        self.reason = reason
        self.kinds.clear()
        self.remembered.clear()
        name = getattr(self.function, "__name__", repr(self.function))
        warnings.warn(f"{name} runs without its recording: {reason}", RuntimeWarning, stacklevel=5)

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

    Backward, optimizer steps, random draws and writes are part of it. A function that reads values on the host, acts on
    anything but tensors, or returns a tensor that requires grad, runs as it is, after one warning that names the line.
    `verify` records each call and compares.
    """
    if function is None:
        return functools.partial(compile, verify=verify)
    return Compiled(function, verify)


def _kind_of(tensor: Any) -> Any:
    """What a plan has to know of an argument."""
    array = tensor.array
    if array is None:
        return tensor.kind & ~IS_VIEW, tensor.shape
    return tensor.kind & ~IS_VIEW, array.shape, array.strides, array.flags.aligned


def _shared(tensors: list[Any]) -> Any:
    """Which arguments share memory, as a write into one is seen in the other."""
    if len(tensors) < 2:
        return None
    storages = [each.storage for each in tensors]
    return None if len(set(map(id, storages))) == len(storages) else tuple(map(storages.index, storages))


def _structure(value: Any) -> Any:
    """The arguments with their tensors left out, hashable."""
    if isinstance(value, TensorBase):
        return TensorBase
    if isinstance(value, tuple | list):
        return (type(value), *(_structure(each) for each in value))
    if isinstance(value, dict):
        return (dict, *((name, _structure(each)) for name, each in value.items()))
    return (type(value), value) if isinstance(value, PLAIN) else (type(value), Same(value))


class Same:
    """A key that equals another one of the same object, which it keeps alive."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.value is self.value
