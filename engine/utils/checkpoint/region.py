"""Region: one call under `checkpoint`, whose kept tensors are numbers until backward runs the function again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from engine.autograd.graph import saved_tensors_hooks
from engine.autograd.kept import Kept
from engine.autograd.modes import modes
from engine.autograd.tensor_base import NEEDS_GRAD, TensorBase
from engine.utils.checkpoint.runs import Runs, anew


class CheckpointError(RuntimeError):
    """The second run of a function under checkpoint kept other tensors for backward than the first."""


class _Enough(BaseException):
    """Ends a second run: all that backward needs is there. No `except Exception` of the function stops it."""


_early_stops: list[bool] = []


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Inside the block, whether second runs end as soon as they can, whatever `checkpoint` was told."""
    _early_stops.append(enable)
    try:
        yield
    finally:
        _early_stops.pop()


def no_context() -> tuple[Any, Any]:
    """Two contexts that do nothing."""
    return nullcontext(), nullcontext()


class Region:
    """What the ops of one call keep for backward: the numbers of tensors, which a second run computes when needed.

    It follows PyTorch's non-reentrant checkpoint: hooks on what is kept, so that every walk works that works without.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        contexts: tuple[Any, Any],
        compares: bool,
        stops_early: bool,
        same_draws: bool,
    ) -> None:
        self.runs = Runs(function, same_draws)
        self.first_context, self.second_context = contexts
        self.compares = compares
        self.stops_early = _early_stops[-1] if _early_stops else stops_early
        self.described: list[tuple[Any, ...]] = []
        self.values: dict[int, Any] = {}
        self.args: tuple[Any, ...] = ()
        self.kwargs: dict[str, Any] = {}

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function's result; what its ops keep are numbers."""
        with self.first_context, saved_tensors_hooks(self.pack, self.unpack):
            result = self.runs.first(args, kwargs)
        self.args = tuple(map(_held, args))
        self.kwargs = {name: _held(each) for name, each in kwargs.items()}
        return result

    def pack(self, tensor: Any) -> int:
        """The number that stands for a tensor."""
        self.described.append(_description(tensor))
        return len(self.described) - 1

    def unpack(self, number: int) -> Any:
        """The tensor of a number, which is computed again, with all others, unless that was done for this walk."""
        if number not in self.values:
            self.values = dict(enumerate(self.computed_again()))
        return self.values.pop(number)

    def computed_again(self) -> list[Any]:
        """What a second run keeps; CheckpointError if that is not what the first one kept."""
        args = tuple(map(_given_back, self.args))
        kwargs = {name: _given_back(each) for name, each in self.kwargs.items()}
        gathered: list[Any] = []

        def gather(tensor: Any) -> int:
            gathered.append(tensor)
            if self.stops_early and len(gathered) == len(self.described):
                raise _Enough
            return len(gathered) - 1

        gathering = saved_tensors_hooks(gather, gathered.__getitem__)
        with self.runs.again(), suppress(_Enough), self.second_context, gathering:
            self.runs.function(*args, **kwargs)
        self.compare(gathered)
        return gathered

    def compare(self, gathered: list[Any]) -> None:
        """Raise CheckpointError if a second run kept more or fewer tensors, or tensors of other shapes or types."""
        if len(gathered) != len(self.described):
            raise CheckpointError(
                "checkpoint: A different number of tensors was saved during the original forward and recomputation.\n"
                f"Number of tensors saved during forward: {len(self.described)}\n"
                f"Number of tensors saved during recomputation: {len(gathered)}"
            )
        if not self.compares:
            return
        for number, (tensor, before) in enumerate(zip(gathered, self.described, strict=True)):
            now = _description(tensor)
            if now != before:
                raise CheckpointError(
                    "checkpoint: Recomputed values for the following tensors have different metadata than during the "
                    f"forward pass.\ntensor at position {number}: saved {_told(before)}, recomputed {_told(now)}"
                )


def _description(tensor: Any) -> tuple[Any, ...]:
    return tuple(tensor.shape), tensor.dtype, tensor.device


def _told(description: tuple[Any, ...]) -> str:
    shape, dtype, device = description
    return f"shape {list(shape)}, {dtype} on {device}"


def _held(argument: Any) -> Any:
    """An argument until the second run; a tensor without its history, and packed if someone around us packs."""
    if not isinstance(argument, TensorBase):
        return argument
    kept = Kept(argument, None)
    if modes.state.packing is not None:
        kept.pack(modes.state.packing)
    return kept


def _given_back(held: Any) -> Any:
    if not isinstance(held, Kept):
        return held
    if held.storage.version != held.version:
        raise RuntimeError(
            "checkpoint: an argument, needed to run the function again for backward, has been modified by an inplace "
            f"operation: shape {list(held.array.shape)}, version {held.storage.version} instead of {held.version}"
        )
    return anew(held.tensor(), bool(held.kind & NEEDS_GRAD))
