"""Jacobians of one output for one input, by backward and by differences, as arrays of real numbers.

A complex tensor counts as its real parts beside its imaginary parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.gradients import grad
from engine.autograd.modes import no_grad
from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.namespace import to_device, using

Real = np.ndarray


class Points:
    """The arguments of a function, and which of them are tensors that require grad."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values
        self.places = [
            place for place, each in enumerate(values) if isinstance(each, TensorBase) and each.requires_grad
        ]

    def width(self, place: int) -> int:
        """How many real numbers an argument has."""
        tensor = self.values[place]
        return int(tensor.numel()) * (2 if tensor.dtype.is_complex else 1)

    def moved(self, place: int, distances: Real) -> tuple[Any, ...]:
        """The arguments, one of them moved by real distances; those that require grad are new leaves."""
        values = list(self.values)
        for each in self.places:
            values[each] = values[each].detach().clone().requires_grad_()
        values[place] = _plus(self.values[place], distances).requires_grad_()
        return tuple(values)


def outputs_of(result: Any) -> tuple[Any, ...]:
    """The tensors of a result that gradients can start from."""
    values = result if isinstance(result, tuple | list) else (result,)
    return tuple(each for each in values if isinstance(each, TensorBase) and each.dtype.is_differentiable)


def random_like(tensor: Any, with_gaps: bool) -> Any:
    """Random numbers in the shape, type and place of a tensor; `with_gaps` not contiguous."""
    generator = np.random.default_rng(0)
    shape = (*tensor.shape, 2) if with_gaps else tensor.shape
    array = generator.standard_normal(shape)
    if tensor.dtype.is_complex:
        array = array + 1j * generator.standard_normal(shape)
    array = array[..., 0] if with_gaps else array
    return wrap(tensor.result_class, to_device(array.astype(tensor.dtype.numpy, copy=not with_gaps), tensor.device))


def analytic_columns(output: Any, point: Any, check_types: bool, error: Callable[[str], Exception]) -> Real:
    """The Jacobian by backward, [element of the input, element of the output]."""
    width, size = _width(output), _width(point)
    columns = np.zeros((size, width))
    if not output.requires_grad:
        return columns
    for number in range(width):
        weights = np.zeros(width)
        weights[number] = 1
        found = _pulled_back(output, point, weights)
        if found is None:
            continue
        if check_types and found.dtype is not point.dtype:
            raise error(f"The gradient of an input of dtype {point.dtype} has dtype {found.dtype}.")
        if found.shape != point.shape:
            raise error(f"Analytical gradient has incorrect size: {list(found.shape)}, not {list(point.shape)}")
        columns[:, number] = _reals(found)
    return columns


def analytic_product(output: Any, point: Any, direction: Real, weights: Real) -> float:
    """weightsᵀ · Jacobian · direction, by one walk back."""
    found = _pulled_back(output, point, weights) if output.requires_grad else None
    return 0.0 if found is None else float(direction @ _reals(found))


def numeric_columns(func: Callable[..., Any], points: Points, number: int, output: Any, place: int, eps: float) -> Real:
    """The Jacobian by central differences, [element of the input, element of the output]."""
    size = points.width(place)
    rows = [_difference(func, points, number, place, eps, step) for step in np.eye(size)]
    return np.array(rows) if rows else np.zeros((0, _width(output)))


def numeric_product(
    func: Callable[..., Any], points: Points, number: int, place: int, eps: float, direction: Real, weights: Real
) -> float:
    """weightsᵀ · Jacobian · direction, by one central difference."""
    length = float(np.linalg.norm(direction)) or 1.0
    return float(weights @ _difference(func, points, number, place, eps, direction / length)) * length


def _difference(func: Callable[..., Any], points: Points, number: int, place: int, eps: float, step: Real) -> Real:
    after, before = (_reals(outputs_of(func(*points.moved(place, sign * eps * step)))[number]) for sign in (1.0, -1.0))
    return (after - before) / (2 * eps)


def _pulled_back(output: Any, point: Any, weights: Real) -> Any:
    upstream = _from_reals(weights, output)
    return grad(output, point, upstream, retain_graph=True, allow_unused=True)[0]


def _width(tensor: Any) -> int:
    return int(tensor.numel()) * (2 if tensor.dtype.is_complex else 1)


def _reals(tensor: Any) -> Real:
    array = tensor.detach().cpu().array.reshape(-1)
    return np.concatenate((array.real, array.imag)) if tensor.dtype.is_complex else array.astype(np.float64)


def _from_reals(numbers: Real, like: Any) -> Any:
    if like.dtype.is_complex:
        real, imaginary = np.split(numbers, 2)
        numbers = real + 1j * imaginary
    array = numbers.reshape(like.shape).astype(like.dtype.numpy)
    return wrap(like.result_class, to_device(array, like.device))


def _plus(tensor: Any, distances: Real) -> Any:
    with no_grad(), using(tensor.device):
        moved = tensor.detach().clone()
        moved.array[...] += _from_reals(distances, tensor).array
    return moved
