"""assert_close: two results, or nests of them, agree but for rounding (torch.testing.assert_close)."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from engine.creation import as_tensor
from engine.tensors import Tensor
from engine.testing.differences import Tolerance, number_differences, tensor_differences, tolerance_of

Message = str | Callable[[str], str] | None


class Demands(NamedTuple):
    """What two results have to have in common."""

    tolerance: Tolerance | None
    equal_nan: bool
    attributes: tuple[str, ...]
    subclasses: bool
    message: Message


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: Message = None,
) -> None:
    """Raise AssertionError unless |actual - expected| <= atol + rtol |expected| everywhere, in all that nests hold.

    Tensors, arrays and numbers, and sequences and mappings of them; tolerances are those of the dtype by default.
    `check_layout` has nothing to find: all tensors are dense. `msg` is the message, or a function of it. Raises
    ValueError if only one of `rtol` and `atol` is given, TypeError for what can't be compared.
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}.")
    tolerance = None if rtol is None or atol is None else Tolerance(rtol, atol)
    checked = {"device": check_device, "dtype": check_dtype, "stride()": check_stride}
    attributes = tuple(name for name, wanted in checked.items() if wanted)
    _compare(actual, expected, Demands(tolerance, equal_nan, attributes, allow_subclasses, msg), "")


def _compare(actual: Any, expected: Any, demands: Demands, place: str) -> None:
    if actual is None or expected is None:
        if actual is not expected:
            _fail(f"None mismatch: {actual!r} is not {expected!r}", demands, place)
    elif isinstance(actual, Mapping) and isinstance(expected, Mapping):
        _compare_mappings(actual, expected, demands, place)
    elif _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            _fail(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", demands, place)
        for index, (one, other) in enumerate(zip(actual, expected, strict=True)):
            _compare(one, other, demands, f"{place}[{index}]")
    elif isinstance(actual, bool | np.bool_) and isinstance(expected, bool | np.bool_):
        if bool(actual) is not bool(expected):
            _fail(f"Booleans mismatch: {actual} is not {expected}", demands, place)
    elif isinstance(actual, numbers.Number) and isinstance(expected, numbers.Number):
        _compare_numbers(actual, expected, demands, place)
    elif _are_tensors(actual, expected, demands):
        _compare_tensors(as_tensor(actual), as_tensor(expected), demands, place)
    else:
        where = f"\n\nThe failure occurred for item {place}" if place else ""
        raise TypeError(
            f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.{where}"
        )


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _are_tensors(actual: Any, expected: Any, demands: Demands) -> bool:
    both = all(isinstance(each, Tensor | np.ndarray) for each in (actual, expected))
    return both and (demands.subclasses or type(actual) is type(expected))


def _compare_mappings(actual: Any, expected: Any, demands: Demands, place: str) -> None:
    missing, extra = set(expected) - set(actual), set(actual) - set(expected)
    if missing or extra:
        _fail(
            "The keys of the mappings do not match:\n"
            f"Missing keys in the actual mapping: {sorted(missing, key=str)}\n"
            f"Additional keys in the actual mapping: {sorted(extra, key=str)}",
            demands,
            place,
        )
    for key, value in actual.items():
        _compare(value, expected[key], demands, f"{place}[{key!r}]")


def _compare_numbers(actual: Any, expected: Any, demands: Demands, place: str) -> None:
    if demands.attributes.count("dtype") and type(actual) is not type(expected):
        _fail(f"The (d)types do not match: {type(actual)} != {type(expected)}.", demands, place)
    allowed = demands.tolerance or tolerance_of(*(np.asarray(each).dtype for each in (actual, expected)))
    difference = number_differences(actual, expected, allowed, demands.equal_nan)
    if difference is not None:
        _fail(difference, demands, place)


def _compare_tensors(actual: Any, expected: Any, demands: Demands, place: str) -> None:
    for name in ("shape", *demands.attributes):
        one, other = (each.stride() if name == "stride()" else getattr(each, name) for each in (actual, expected))
        if one != other:
            _fail(f"The values for attribute {name!r} do not match: {one} != {other}.", demands, place)
    if actual.is_meta or expected.is_meta:
        return
    allowed = demands.tolerance or tolerance_of(actual.dtype, expected.dtype)
    one, other = (each.detach().cpu().numpy() for each in (actual, expected))
    compare = tensor_differences if actual.ndim else number_differences
    given = (one, other) if actual.ndim else (one.item(), other.item())
    difference = compare(*given, allowed, demands.equal_nan)
    if difference is not None:
        _fail(difference, demands, place)


def _fail(message: str, demands: Demands, place: str) -> NoReturn:
    told = f"{message}\n\nThe failure occurred for item {place}" if place else message
    if demands.message is not None:
        told = demands.message(told) if callable(demands.message) else demands.message
    raise AssertionError(told)
