"""How far two numbers or arrays are apart, in words."""

from __future__ import annotations

import cmath
from typing import Any, NamedTuple

import numpy as np

from engine.backend.dtype import as_dtype, bfloat16, complex64, complex128, dtype, float16, float32, float64


class Tolerance(NamedTuple):
    """The difference that is allowed: relative to what is expected, and besides."""

    relative: float
    absolute: float

    @property
    def is_exact(self) -> bool:
        """Whether nothing is allowed."""
        return not (self.relative or self.absolute)


EXACT = Tolerance(0.0, 0.0)
BY_TYPE: dict[dtype, Tolerance] = {
    float16: Tolerance(1e-3, 1e-5),
    bfloat16: Tolerance(1.6e-2, 1e-5),
    float32: Tolerance(1.3e-6, 1e-5),
    float64: Tolerance(1e-7, 1e-7),
    complex64: Tolerance(1.3e-6, 1e-5),
    complex128: Tolerance(1e-7, 1e-7),
}


def tolerance_of(*types: Any) -> Tolerance:
    """The widest tolerance among types; integers and bools have none."""
    allowed = [BY_TYPE.get(as_dtype(each), EXACT) for each in types]
    return Tolerance(max(each.relative for each in allowed), max(each.absolute for each in allowed))


def number_differences(actual: Any, expected: Any, allowed: Tolerance, equal_nan: bool) -> str | None:
    """What tells two numbers apart; None if they are close."""
    distance = abs(actual - expected)
    if actual == expected or (equal_nan and cmath.isnan(actual) and cmath.isnan(expected)):
        return None
    if cmath.isfinite(actual) and distance <= allowed.absolute + allowed.relative * abs(expected):
        return None
    relative = distance / abs(expected) if expected else float("inf")
    return (
        f"Scalars are not {'equal' if allowed.is_exact else 'close'}!\n\nExpected {expected} but got {actual}.\n"
        f"Absolute difference: {distance}{_limit(allowed.absolute, allowed)}\n"
        f"Relative difference: {relative}{_limit(allowed.relative, allowed)}"
    )


def tensor_differences(actual: Any, expected: Any, allowed: Tolerance, equal_nan: bool) -> str | None:
    """How many elements of two arrays differ, and where most; None if they are close."""
    if actual.dtype.kind in "biu":
        actual, expected = actual.astype(np.int64), expected.astype(np.int64)
    distance = np.abs(actual - expected)
    same = actual == expected
    if equal_nan:
        same |= np.isnan(actual) & np.isnan(expected)
    if not allowed.is_exact:
        # An infinite difference is within no bounds, also where what is expected is infinite.
        same |= np.isfinite(distance) & (distance <= allowed.absolute + allowed.relative * np.abs(expected))
    if same.all():
        return None
    size = np.abs(expected).astype(np.float32) if actual.dtype.kind == "i" else np.abs(expected)
    distance, relative = np.where(same, 0, distance), np.where(same, 0, (distance / size).astype(size.dtype))
    wrong = int(same.size - same.sum())
    return (
        f"Tensor-likes are not {'equal' if allowed.is_exact else 'close'}!\n\n"
        f"Mismatched elements: {wrong} / {same.size} ({wrong / same.size:.1%})\n"
        f"Greatest absolute difference: {_greatest(distance)}{_limit(allowed.absolute, allowed)}\n"
        f"Greatest relative difference: {_greatest(relative)}{_limit(allowed.relative, allowed)}"
    )


def _greatest(differences: Any) -> str:
    place = np.unravel_index(int(np.argmax(differences)), differences.shape)
    return f"{differences[place].item()} at index {tuple(map(int, place))}"


def _limit(bound: float, allowed: Tolerance) -> str:
    return "" if allowed.is_exact else f" (up to {bound} allowed)"
