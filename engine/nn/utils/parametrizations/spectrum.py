"""Spectral normalisation: a weight divided by its largest singular value."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.normalisation import normalize
from engine.nn.module import Module
from engine.nn.utils.parametrize import AnyModule, register_parametrization
from engine.nn.utils.power_iteration import as_matrix, largest, step_left, step_right, unit_vector
from engine.ops.dimensions import wrap_dim
from engine.tensors import Tensor

# Steps that make the first estimate good.
_FIRST_STEPS = 15


class _SpectralNorm(Module):
    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        self.dim = wrap_dim(dim, weight.ndim)
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.eps = eps
        self.n_power_iterations = n_power_iterations
        if weight.ndim > 1:
            matrix = as_matrix(weight, self.dim)
            rows, columns = matrix.shape
            self.register_buffer("_u", unit_vector(weight, rows, eps))
            self.register_buffer("_v", unit_vector(weight, columns, eps))
            self._iterate(matrix, _FIRST_STEPS)

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        return weight / largest(matrix, self._u, self._v)

    def right_inverse(self, value: Any) -> Any:
        return value

    def _iterate(self, matrix: Any, steps: int) -> None:
        for _ in range(steps):
            step_left(matrix, self._u, self._v, self.eps)
            step_right(matrix, self._u, self._v, self.eps)


def spectral_norm(
    module: AnyModule, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> AnyModule:
    """Compute a weight as W / σ(W), σ the largest singular value by power iteration, one round a use in training.

    The matrix has one row for each slice along `dim`: 0, or 1 for transposed convolutions. Raises ValueError where
    there is no such tensor. Source: Miyato et al., "Spectral normalization for generative adversarial networks", 2018.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    chosen = int(getattr(module, "transposed", False)) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, chosen, eps))
