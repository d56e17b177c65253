"""Distances between tensors and between all pairs of their rows."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast_shapes
from engine.autograd.tensor_base import wrap, wrap_spec
from engine.backend.dtype import int64
from engine.backend.namespace import xp
from engine.ops.indices.gathering import index_select
from engine.ops.indices.masking import at_home
from engine.ops.linear_algebra.matmul import matmul
from engine.ops.precision import narrowed, widened
from engine.ops.reductions.norm import norm, vector_norm

# Up to so many rows their differences are taken; products of rows are faster beyond.
FEW_ROWS = 25
MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """‖input - other‖_p of all elements (torch.dist)."""
    return norm(input - other, p)


def _euclidean_shape(x1: Spec, x2: Spec) -> Spec:
    return Spec((*broadcast_shapes(x1.shape[:-2], x2.shape[:-2]), x1.shape[-2], x2.shape[-2]), x1.dtype)


@op(shape=_euclidean_shape)
def euclidean_distances(x1: Array, x2: Array) -> Any:
    """√(‖a‖² + ‖b‖² - 2 a·b) of all rows a of `x1` and b of `x2`."""
    one, two = widened(x1), widened(x2)
    squares = (one * one).sum(-1)[..., :, None] + (two * two).sum(-1)[..., None, :]
    squares -= 2 * (one @ xp(two).swapaxes(two, -1, -2))
    return narrowed(xp(one).sqrt(squares.clip(0, None)), x1)


@euclidean_distances.gradients
def _euclidean_gradients(g: Any, x1: Any, x2: Any, y: Any) -> tuple[Any, Any]:
    ratio = (g / y).masked_fill(y == 0, 0)
    turned = ratio.transpose(-1, -2)
    return (
        ratio.sum(-1, True) * x1 - matmul(ratio, x2),
        turned.sum(-1, True) * x2 - matmul(turned, x1),
    )


def _check_rows(x1: Any, x2: Any, p: float, compute_mode: str) -> None:
    for name, each in (("X1", x1), ("X2", x2)):
        if not each.dtype.is_floating_point:
            raise RuntimeError(f"cdist only supports floating-point dtypes, {name} got: {each.dtype}")
        if each.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {each.ndim}D")
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {x1.shape[-1]} X2: {x2.shape[-1]}, "
            f"shapes {list(x1.shape)} and {list(x2.shape)}"
        )
    if p < 0:
        raise RuntimeError(f"cdist only supports non-negative p values, got {p}")
    if compute_mode not in MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode; it is one of {', '.join(MODES)}")


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str = MODES[0]) -> Any:
    """‖a - b‖_p of all rows a of `x1` and b of `x2`, batch by batch (torch.cdist).

    Euclidean distances of more than 25 rows come from products of matrices, unless `compute_mode` says otherwise.
    """
    _check_rows(x1, x2, p, compute_mode)
    many = x1.shape[-2] > FEW_ROWS or x2.shape[-2] > FEW_ROWS
    if p == 2 and (compute_mode == MODES[1] or (compute_mode == MODES[0] and many)):
        return euclidean_distances(x1, x2)
    return _lengths(x1.unsqueeze(-2) - x2.unsqueeze(-3), p)


def _lengths(differences: Any, p: float) -> Any:
    if p == 0:
        # As a sum of signs it has a gradient, which is zero, where a count has none.
        return differences.sign().abs().sum(-1)
    # Of no columns every distance is zero, which a maximum would refuse to say.
    return vector_norm(differences, p, -1) if differences.shape[-1] else differences.sum(-1)


def pdist(input: Any, p: float = 2.0) -> Any:
    """‖a - b‖_p of each pair of different rows, in the order of the upper triangle (torch.nn.functional.pdist)."""
    if input.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.ndim}D, shape {list(input.shape)}")
    if not input.dtype.is_floating_point:
        raise RuntimeError(f"pdist only supports floating-point dtypes, got {input.dtype}")
    if p < 0:
        raise RuntimeError(f"pdist only supports non-negative p values, got {p}")
    first, second = _pairs(input)
    return _lengths(index_select(input, 0, first) - index_select(input, 0, second), p)


@at_home
def _pairs(input: Any) -> list[Any]:
    """The numbers of both rows of each pair."""
    rows, family = input.shape[0], input.result_class
    if input.array is None:
        return [wrap_spec(family, Spec((rows * (rows - 1) // 2,), int64)) for _ in range(2)]
    return [wrap(family, each) for each in xp(input.array).triu_indices(rows, 1)]
