"""The largest singular value of a weight, approached by power iteration one step a use."""

from __future__ import annotations

from typing import Any

from engine.autograd.modes import no_grad
from engine.nn.functional.normalisation import normalize
from engine.ops.linear_algebra.matmul import dot, mv


def as_matrix(weight: Any, dim: int) -> Any:
    """The weight with one row for each slice along `dim`."""
    rest = (each for each in range(weight.ndim) if each != dim)
    return weight.permute(dim, *rest).reshape(weight.shape[dim], -1)


def unit_vector(like: Any, length: int, eps: float) -> Any:
    """A random direction."""
    return normalize(like.detach().new_empty(length).normal_(0, 1), dim=0, eps=eps)


@no_grad()
def step_left(matrix: Any, u: Any, v: Any, eps: float) -> None:
    """U ← W v / ‖W v‖, written in place, since a state dict may hold u."""
    u.copy_(normalize(mv(matrix, v), dim=0, eps=eps))


@no_grad()
def step_right(matrix: Any, u: Any, v: Any, eps: float) -> None:
    """V ← Wᵀ u / ‖Wᵀ u‖, in place."""
    v.copy_(normalize(mv(matrix.t(), u), dim=0, eps=eps))


def largest(matrix: Any, u: Any, v: Any) -> Any:
    """`uᵀ W v`, the largest singular value once u and v are its vectors; gradients flow to W alone."""
    # Copies, since the next step writes over what backward needs.
    left, right = u.detach().clone(), v.detach().clone()
    return dot(left, mv(matrix, right))
