"""When two refusals are the same: the kind of exception, and a message that names what was given."""

import re
from collections.abc import Callable
from typing import Any

import torch

from tests.parity.compare import Disagreement, dtype_name
from tests.parity.translate import Call, leaves_of

NAMED_ELEMENTS = 100
EMPTY = {"[]", "[],", "empty", "non-empty", "0D"}
# `2D` names a number, `float32` a type.
WORD = re.compile(r"\d+|[^\W\d]\w*")


def refusal(function: Callable[..., Any], call: Call) -> Exception | None:
    """The exception that a call raises, if any."""
    try:
        function(*call.args, **call.kwargs)
    except Exception as error:
        return error
    return None


def compare_refusals(ours: Exception | None, theirs: Exception, what: str) -> None:
    """Raise Disagreement unless both are exceptions that a program would catch by the same name."""
    expected = f"PyTorch raises {type(theirs).__name__}: {first_line(theirs)}"
    if ours is None:
        raise Disagreement(f"{what}: no error, {expected}")
    if _kind(ours) is not _kind(theirs):
        raise Disagreement(f"{what}: {type(ours).__name__}: {first_line(ours)}\n    {expected}") from ours


def compare_messages(ours: Exception, theirs: Exception, sample: Any) -> None:
    """Raise Disagreement unless our message names a size, a dtype, a value or an argument that was given."""
    words = set(WORD.findall(str(ours)))
    arguments = [sample.input, *sample.args, sample.kwargs]
    given = set(sample.kwargs) | {word for leaf in leaves_of(arguments) for word in _words(leaf)}
    if not words & given and not (EMPTY & set(str(ours).split()) and _holds_nothing(arguments)):
        raise Disagreement(f"the message names nothing that was given: {ours}\n    PyTorch: {first_line(theirs)}")


def first_line(error: BaseException) -> str:
    """The first line of an exception's message."""
    return next(iter(str(error).splitlines()), "")


def _kind(error: Exception) -> type:
    return next(each for each in type(error).__mro__ if each.__module__ == "builtins")


def _holds_nothing(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return not value.ndim
    return isinstance(value, list | tuple) and (not value or any(_holds_nothing(each) for each in value))


def _words(leaf: Any) -> set[str]:
    if not isinstance(leaf, torch.Tensor):
        return {type(leaf).__name__, *WORD.findall(str(leaf))}
    sizes = {str(each) for each in (*leaf.shape, leaf.ndim, leaf.numel())}
    values = leaf.flatten().tolist() if leaf.numel() <= NAMED_ELEMENTS and leaf.device.type != "meta" else []
    return sizes | {"Tensor", dtype_name(leaf), leaf.device.type} | set(WORD.findall(str(values)))
