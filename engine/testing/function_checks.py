"""Gradients of functions made of ops, of first and second order, against numeric ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine.autograd.gradients import grad
from engine.autograd.tensor_base import wrap
from engine.tensors import Tensor
from engine.testing.gradcheck import numeric_direction


def check_function(function: Callable[..., Any], points: Sequence[np.ndarray], rng: np.random.Generator) -> None:
    """Both orders at `points` in float64, each along a random direction; AssertionError where they differ.

    `function` takes tensors and gives a real one; its second order may be zero and then have no history.
    """
    weight = _tensor(rng.normal(size=function(*map(_tensor, points)).shape))
    directions = [rng.normal(size=point.shape) for point in points]
    probes = [rng.normal(size=point.shape) for point in points]

    def value(arrays: Any) -> float:
        return float((function(*map(_tensor, arrays)) * weight).sum())

    def slopes(arrays: Any) -> tuple[list[Any], tuple[Any, ...]]:
        leaves = [_tensor(each).requires_grad_() for each in arrays]
        return leaves, grad((function(*leaves) * weight).sum(), leaves, create_graph=True)

    def slope(arrays: Any) -> float:
        return _along(slopes(arrays)[1], probes)

    leaves, first = slopes(points)
    numeric = numeric_direction(value, points, directions)
    np.testing.assert_allclose(_along(first, directions), numeric, rtol=1e-5, atol=1e-6, err_msg="first order")
    numeric = numeric_direction(slope, points, directions, step=1e-5)
    probed: Any = sum((each * _tensor(probe)).sum() for each, probe in zip(first, probes, strict=True))
    second = grad(probed, leaves, allow_unused=True) if probed.requires_grad else [None] * len(leaves)
    np.testing.assert_allclose(_along(second, directions), numeric, rtol=1e-4, atol=1e-5, err_msg="second order")


def _tensor(array: np.ndarray) -> Any:
    return wrap(Tensor, np.array(array))


def _along(gradients: Sequence[Any], directions: Sequence[np.ndarray]) -> float:
    pairs = zip(gradients, directions, strict=True)
    return float(sum((gradient.array * way).sum() for gradient, way in pairs if gradient is not None))
