"""Which of our functions stands for one of PyTorch's: by its path, or by running the same lines with our engine."""

from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any, TypeGuard

import engine
from engine import Tensor

WRITTEN_FOR_TESTS = "torch.testing"


def label(entry: Any) -> str:
    """The entry's name, and its variant where it has one."""
    return f"{entry.name}.{entry.variant_test_name}" if entry.variant_test_name else entry.name


def our_function(entry: Any) -> Callable[..., Any] | None:
    """Our function for an entry of the database, called as PyTorch's; None where we have none."""
    return ours_for(entry.op, entry.name)


def ours_for(theirs: Callable[..., Any], name: str) -> Callable[..., Any] | None:
    """Our function for PyTorch's of this name, or for a few lines that its tests wrote around it.

    Such lines (`lambda x, n: torch.polygamma(n, x)`) run as they are, with our engine in the place of `torch`.
    """
    if isinstance(theirs, partial):
        found = ours_for(theirs.func, name)
        return partial(found, *theirs.args, **theirs.keywords) if found else None
    if not is_wrapper(theirs):
        return by_path(name)
    return _with_our_engine(theirs) if all(_is_ours(code) for code in _codes(theirs)) else None


def by_path(name: str) -> Callable[..., Any] | None:
    """`nn.functional.relu` in the engine; else, for a name without dots, the method of Tensor."""
    place: Any = engine
    for part in name.removeprefix("torch.").split("."):
        place = getattr(place, part, None)
    found = place if callable(place) else getattr(Tensor, name, None)
    return found if callable(found) else None


def is_wrapper(function: Any) -> TypeGuard[FunctionType]:
    """Whether a function was written for PyTorch's tests, around the one that it is meant for."""
    return isinstance(function, FunctionType) and function.__module__.startswith(WRITTEN_FOR_TESTS)


def names_used(function: Any) -> set[str]:
    """The global names and attributes that a wrapper mentions; none for other functions."""
    return {name for code in _codes(function) for name in code.co_names} if is_wrapper(function) else set()


def without_seeding(wrapper: FunctionType, **world: Any) -> Callable[..., Any]:
    """A wrapper that draws anew at each call, with other meanings for some of its global names."""
    names = {**wrapper.__globals__, "wrapper_set_seed": _call, **world}
    return FunctionType(wrapper.__code__, names, wrapper.__name__, wrapper.__defaults__, wrapper.__closure__)


def _with_our_engine(wrapper: FunctionType) -> Callable[..., Any]:
    return without_seeding(wrapper, torch=engine, F=engine.nn.functional)


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def _codes(function: FunctionType | CodeType) -> Iterator[CodeType]:
    code = function.__code__ if isinstance(function, FunctionType) else function
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _is_ours(code: CodeType) -> bool:
    """Whether the engine has each name that the lines use: in modules after `torch` and `F`, on tensors elsewhere."""
    place: Any = Tensor
    for name in code.co_names:
        if name in ("torch", "F"):
            place = engine if name == "torch" else engine.nn.functional
        elif name != "wrapper_set_seed":
            place = getattr(place if isinstance(place, ModuleType | type) else Tensor, name, None)
            if place is None:
                return False
    return True
