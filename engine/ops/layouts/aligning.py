"""Aligning: tensors given each other's shape, or at least so many dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.autograd import spec
from engine.backend.size import Size
from engine.ops.layouts.layout import expand, reshape, unsqueeze


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that all broadcast to, a number standing for a vector's (torch.broadcast_shapes)."""
    return Size(spec.broadcast_shapes(*((shape,) if isinstance(shape, int) else tuple(shape) for shape in shapes)))


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """All tensors expanded to their common shape (torch.broadcast_tensors)."""
    given = given_tensors(tensors)
    shape = spec.broadcast_shapes(*(each.shape for each in given))
    return tuple(expand(each, shape) for each in given)


def given_tensors(tensors: Sequence[Any]) -> tuple[Any, ...]:
    """Tensors as separate arguments or as one sequence."""
    return tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tuple(tensors)


def atleast_1d(*tensors: Any) -> Any:
    """Numbers as vectors of one element, the rest as it is (torch.atleast_1d)."""
    return _of_each(tensors, lambda each: each if each.ndim else reshape(each, (1,)))


def atleast_2d(*tensors: Any) -> Any:
    """Numbers and vectors as rows, the rest as it is (torch.atleast_2d)."""
    return _of_each(tensors, _as_rows)


def atleast_3d(*tensors: Any) -> Any:
    """Numbers, rows and matrices with dimensions of length 1 around them, the rest as it is (torch.atleast_3d)."""
    return _of_each(tensors, lambda each: each if each.ndim > 2 else unsqueeze(_as_rows(each), -1))


def _as_rows(input: Any) -> Any:
    return input if input.ndim > 1 else reshape(input, (1, input.as_spec.size))


def _of_each(tensors: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    given = given_tensors(tensors)
    changed = tuple(change(each) for each in given)
    single = len(tensors) == 1 and not isinstance(tensors[0], tuple | list)
    return changed[0] if single else changed
