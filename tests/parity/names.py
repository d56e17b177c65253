"""Which of our functions an entry of PyTorch's database stands for, found by its path alone."""

from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import engine
from engine import Tensor

WRITTEN_FOR_TESTS = "torch.testing"


def label(entry: Any) -> str:
    """The entry's name, and its variant where it has one."""
    return f"{entry.name}.{entry.variant_test_name}" if entry.variant_test_name else entry.name


def our_function(entry: Any) -> Callable[..., Any] | None:
    """Our function for an entry, called as PyTorch's; None where we have none.

    Where the entry wraps the function in a few lines of its own (`lambda x, n: torch.polygamma(n, x)`), the same lines
    run with our engine in the place of `torch`.
    """
    if not is_wrapped(entry):
        return by_path(entry.name)
    if not all(_is_ours(code) for code in _codes(entry.op.__code__)):
        return None
    return _with_our_engine(entry.op)


def by_path(name: str) -> Callable[..., Any] | None:
    """`nn.functional.relu` in the engine; else, for a name without dots, the method of Tensor."""
    place: Any = engine
    for part in name.split("."):
        place = getattr(place, part, None)
    found = place if callable(place) and not isinstance(place, ModuleType) else getattr(Tensor, name, None)
    return found if callable(found) else None


def is_wrapped(entry: Any) -> bool:
    """Whether the entry's function was written for PyTorch's tests, around the one that it is named after."""
    return isinstance(entry.op, FunctionType) and entry.op.__module__.startswith(WRITTEN_FOR_TESTS)


def names_used(entry: Any) -> set[str]:
    """The global names and attributes that a wrapped entry's lines mention; none for others."""
    return {name for code in _codes(entry.op.__code__) for name in code.co_names} if is_wrapped(entry) else set()


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _is_ours(code: CodeType) -> bool:
    """Whether the engine has each name that the lines use, in modules after `torch` and on tensors elsewhere."""
    place: Any = Tensor
    for name in code.co_names:
        if name == "torch":
            place = engine
        elif name != "wrapper_set_seed":
            place = getattr(place if isinstance(place, ModuleType | type) else Tensor, name, None)
            if place is None:
                return False
    return True


def _with_our_engine(wrapper: FunctionType) -> Callable[..., Any]:
    world = {**wrapper.__globals__, "torch": engine, "wrapper_set_seed": _call}
    return FunctionType(wrapper.__code__, world, wrapper.__name__, wrapper.__defaults__, wrapper.__closure__)


def _call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)
