"""A machine that runs a list of numbered steps on tensors, under any library with PyTorch's names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import numpy as np

Instruction = Callable[["Machine", Any, Any, int, int], Any]
INSTRUCTIONS: dict[str, Instruction] = {}
LARGEST = 1e6
MOST_TENSORS = 16
# PyTorch's errors about history, which ours begin with too; other messages are worded freely.
REFUSALS = (RuntimeError, IndexError, ValueError, TypeError, NotImplementedError)
OTHER = "an error"
STALE = "RuntimeError: Output "
PHRASES = (
    "one of the variables needed for gradient computation has been modified by an inplace operation",
    "a leaf Variable that requires grad is being used in an in-place operation",
    "a view of a leaf Variable that requires grad is being used in an in-place operation",
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location",
    "unsupported operation: some elements of the input tensor and the written-to tensor",
    "A view was created in no_grad mode",
    "Trying to backward through the graph a second time",
    "you can only change requires_grad flags of leaf variables",
    "element 0 of tensors does not require grad and does not have a grad_fn",
    "Can't detach views in-place",
    "Output ",
    "leaf variable has been moved into the graph interior",
    "Trying to use a saved tensor that has been detached in-place",
)


class Step(NamedTuple):
    """One instruction: its numbers are taken modulo what there is, so that any make a program."""

    name: str
    first: int = 0
    second: int = 0
    p: int = 0
    q: int = 0
    quiet: bool = False


def instruction(function: Instruction) -> Instruction:
    """Declare `function(machine, x, y, p, q)`, whose tensors join the others."""
    INSTRUCTIONS[function.__name__] = function
    return function


@dataclass
class Machine:
    """The tensors of a running program; `leaves` are those that it began with."""

    lib: Any
    tensors: list[Any]
    leaves: list[Any] = field(init=False)
    born: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.leaves = list(self.tensors)
        self.born = [each._version for each in self.tensors]

    def step(self, step: Step) -> str | None:
        """Do one step; what it was refused with, if it was."""
        x = self.tensors[step.first % len(self.tensors)]
        y = self.tensors[step.second % len(self.tensors)]
        try:
            with self.lib.no_grad() if step.quiet else nullcontext():
                made = INSTRUCTIONS[step.name](self, x, y, step.p, step.q)
        except REFUSALS as error:
            return refusal(error)
        self.add(made)
        return None

    def add(self, made: Any) -> None:
        """The tensors among an instruction's results join the others, at most two of them."""
        several = made if isinstance(made, tuple | list) else (made,)
        found = [each for each in several if each is not None and str(each.dtype).endswith("float64")]
        self.tensors = (self.tensors + found[:2])[-MOST_TENSORS:]
        self.born = (self.born + [each._version for each in found[:2]])[-MOST_TENSORS:]

    def mate(self, x: Any, y: Any, exact: bool = False) -> Any:
        """`y`, or the nearest of the tensors that broadcasts with `x` (to its very shape, if `exact`)."""
        start = next((position for position, each in enumerate(self.tensors) if each is y), 0)
        for each in self.tensors[start:] + self.tensors[:start]:
            try:
                shape = np.broadcast_shapes(tuple(x.shape), tuple(each.shape))
            except ValueError:
                continue
            if not exact or shape == tuple(x.shape):
                return each
        return x

    def alone(self, x: Any) -> bool:
        """Whether no other tensor shows the same memory."""
        return bool(x.numel()) and not any(each is not x and share(x, each) for each in self.tensors)

    def apart(self, x: Any, y: Any) -> Any:
        """`y`, or a copy where it shows memory of `x`: what a write does to what it reads is nobody's promise."""
        return y.clone() if y is not x and share(x, y) else y


@cache
def positions(lib: Any, *chosen: int) -> Any:
    """Positions as a tensor, made once: what a recording sees of it comes from outside."""
    return lib.tensor(chosen)


def share(x: Any, y: Any) -> bool:
    """Whether two tensors show the same memory; a recording of ours doesn't take that for a look at values."""
    first, second = (each.array if hasattr(each, "array") else each.detach().numpy() for each in (x, y))
    return np.shares_memory(first, second)


def refusal(error: Exception) -> str:
    """The kind of an error, and its leading words where they are PyTorch's own."""
    return next((f"{type(error).__name__}: {each}" for each in PHRASES if str(error).startswith(each)), OTHER)


def agree(refused: str | None, right: str | None) -> bool:
    """Whether both went on, or both were refused, in the same words if both used PyTorch's own."""
    return refused == right or (None not in (refused, right) and bool({OTHER, STALE} & {refused, right}))


class Seen(NamedTuple):
    """What can be told of a tensor."""

    shape: tuple[int, ...]
    dtype: str
    leaf: Any
    needs: Any
    version: int
    values: np.ndarray


def look(tensor: Any, born: int = 0) -> Seen:
    """What can be told of a tensor that had the version `born` at first; a property that raises tells its error."""
    return Seen(
        tuple(tensor.shape),
        str(tensor.dtype).split(".")[-1],
        _told(lambda: tensor.is_leaf),
        _told(lambda: tensor.requires_grad),
        tensor._version - born,
        np.array(tensor.detach().numpy()),
    )


def _told(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except RuntimeError as error:
        return refusal(error)


def tame(seen: Seen) -> bool:
    """Whether the values are small enough for two libraries to agree on what comes next."""
    return bool(np.all(np.abs(seen.values) < LARGEST))


def differences(ours: Seen, theirs: Seen, limit: float = 1e-9) -> str | None:
    """How two tensors differ, if they do."""
    for name in ("shape", "dtype", "leaf", "needs", "version"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        # Of empty memory there is nothing to share.
        if mine != other and (name != "version" or theirs.values.size):
            return f"{name}: {mine} here, {other} in PyTorch"
    if not np.allclose(ours.values, theirs.values, rtol=limit, atol=limit, equal_nan=True):
        return f"values: {ours.values.tolist()} here, {theirs.values.tolist()} in PyTorch"
    return None
