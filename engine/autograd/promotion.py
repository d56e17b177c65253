"""PyTorch's type promotion between tensors with dimensions, 0-d tensors and Python numbers."""

from __future__ import annotations

from collections.abc import Iterable

from engine.backend.dtype import (
    BOOL,
    COMPLEX,
    FLOATING,
    INTEGER,
    bool_,
    dtype,
    get_default_dtype,
    int64,
    promote_types,
)

NUMBER_KINDS: dict[type, int] = {bool: -1, int: -2, float: -3, complex: -5}
NO_INPUT = -4


def number_dtype(number_kind: int) -> dtype:
    """The dtype that a Python number of this kind has when it stands alone."""
    if number_kind == NUMBER_KINDS[complex]:
        return get_default_dtype().to_complex()
    return {-1: bool_, -2: int64}.get(number_kind) or get_default_dtype()


def _highest(dtypes: Iterable[dtype]) -> dtype | None:
    result: dtype | None = None
    for each in dtypes:
        result = each if result is None else promote_types(result, each)
    return result


def _combine(higher: dtype | None, lower: dtype | None) -> dtype | None:
    if higher is None or lower is None:
        return higher or lower
    if higher.category == COMPLEX:
        return higher
    if higher.category == FLOATING:
        return higher.to_complex() if lower.category == COMPLEX else higher
    if higher.category == BOOL or lower.category >= FLOATING:
        return promote_types(higher, lower)
    return higher


def result_dtype(dimensioned: Iterable[dtype], zero_dim: Iterable[dtype], numbers: Iterable[dtype]) -> dtype:
    """The dtype of an operation (torch.result_type).

    Dimensioned tensors decide, unless a lower level is of a higher category.
    """
    result = _combine(_highest(dimensioned), _combine(_highest(zero_dim), _highest(numbers)))
    assert result is not None
    return result


def to_floating(given: dtype) -> dtype:
    """The type in which a function of real numbers computes: integers become the default floating type."""
    return given if given.category >= FLOATING else get_default_dtype()


def to_accumulator(given: dtype) -> dtype:
    """The type of a sum: integers and bool become int64."""
    return int64 if given.category in (BOOL, INTEGER) else given
