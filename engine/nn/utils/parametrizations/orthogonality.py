"""Orthogonal weights: matrices whose rows or columns stay orthonormal while they are learned."""

from __future__ import annotations

from typing import Any

from engine.autograd.modes import no_grad
from engine.creation import eye, zeros_like
from engine.nn.module import Module
from engine.nn.utils.parametrize import AnyModule, register_parametrization
from engine.ops.layouts.joining import cat
from engine.ops.layouts.windows import diagonal
from engine.ops.linear_algebra.matrix_functions import matrix_exp
from engine.ops.linear_algebra.reflections import geqrf, householder_product
from engine.ops.linear_algebra.solving import solve
from engine.random import randn
from engine.tensors import Tensor

MAPS = ("matrix_exp", "cayley", "householder")


class _Orthogonal(Module):
    """Maps any matrix to an orthogonal one; `base` is the matrix that zero is mapped to, if there is one."""

    def __init__(self, weight: Any, orthogonal_map: str, *, use_trivialization: bool = True) -> None:
        super().__init__()
        self.shape = tuple(weight.shape)
        self.orthogonal_map = orthogonal_map
        self.use_trivialization = use_trivialization
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Any) -> Any:
        wide = X.shape[-2] < X.shape[-1]
        tall = X.transpose(-2, -1) if wide else X
        Q = self._reflected(tall) if self.orthogonal_map == "householder" else self._rotated(tall)
        if self.use_trivialization:
            Q = self.base @ Q
        return Q.transpose(-2, -1) if wide else Q

    @no_grad()
    def right_inverse(self, Q: Any) -> Any:
        if tuple(Q.shape) != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {list(self.shape)}. Got a tensor of shape "
                f"{list(Q.shape)}."
            )
        wide = Q.shape[-2] < Q.shape[-1]
        tall = Q.transpose(-2, -1) if wide else Q
        if self.use_trivialization:
            self.base = _completed(tall)
            start = zeros_like(Q)
            diagonal(start, 0, -2, -1).fill_(-1.0)
            return start
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                "use_trivialization=False."
            )
        reflections, tau = geqrf(tall)
        signs = diagonal(reflections, 0, -2, -1)
        signs.copy_(signs.sign() * (1 - 2 * (tau == 0).to(signs.dtype)))
        return reflections.transpose(-2, -1) if wide else reflections

    def _rotated(self, X: Any) -> Any:
        """exp(A), or (I - A/2)⁻¹ (I + A/2), of the skew matrix A made of what lies below the diagonal."""
        rows, columns = X.shape[-2:]
        lower = X.tril()
        if rows != columns:
            lower = cat((lower, X.new_zeros((*X.shape[:-1], rows - columns))), -1)
        skew = lower - lower.transpose(-2, -1)
        if self.orthogonal_map == "matrix_exp":
            Q = matrix_exp(skew)
        else:
            identity = eye(rows, dtype=X.dtype, device=X.device)
            Q = solve(identity - skew / 2, identity + skew / 2)
        return Q[..., :columns]

    def _reflected(self, X: Any) -> Any:
        """The product of reflections along the columns below the diagonal, whose signs the diagonal holds."""
        vectors = X.tril(-1)
        tau = 2.0 / (1.0 + (vectors * vectors).sum(-2))
        return householder_product(vectors, tau) * diagonal(X, 0, -2, -1).detach().trunc().unsqueeze(-2)


def _completed(Q: Any) -> Any:
    """A square orthogonal matrix that begins with the columns of Q, made orthonormal if they are not."""
    rows, columns = Q.shape[-2:]
    if rows == columns and _is_orthogonal(Q):
        return Q.clone()
    if rows != columns:
        Q = cat((Q, randn(*Q.shape[:-1], rows - columns, dtype=Q.dtype, device=Q.device)), -1)
    reflections, tau = geqrf(Q)
    return householder_product(reflections, tau) * diagonal(reflections, 0, -2, -1).sign().unsqueeze(-2)


def _is_orthogonal(Q: Any) -> bool:
    identity = eye(Q.shape[-1], dtype=Q.dtype, device=Q.device)
    # PyTorch's tolerance: ten roundings a row.
    allowed = 10 * Q.shape[-2] * {2: 2**-10, 4: 2**-23, 8: 2**-52}[Q.dtype.itemsize]
    return bool(((Q.transpose(-2, -1) @ Q - identity).abs() <= allowed + 1e-5 * identity).all())


def orthogonal(
    module: AnyModule, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> AnyModule:
    """Keep a matrix, or each of a batch, orthogonal: its columns orthonormal, its rows if it has fewer of them.

    The map is `matrix_exp` (default for square ones), `cayley` or `householder` (default for others). With
    trivialization the map starts at the present weight and is multiplied by it. Raises ValueError for tensors of fewer
    than two dimensions. Source: Lezcano-Casado, "Trivializations for gradient-based optimization on manifolds", 2019.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
    if orthogonal_map not in MAPS:
        raise ValueError(f"orthogonal_map has to be one of {', '.join(MAPS)}. Got: {orthogonal_map}")
    made = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)
