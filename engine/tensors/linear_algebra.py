"""Tensor's matrix products."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops import matmul as ops


class LinearAlgebra(TensorBase):
    """Tensor's matrix products."""

    __slots__ = ()

    def __matmul__(self, other: Any) -> Any:
        return ops.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return ops.matmul(other, self)

    def matmul(self, other: Any) -> Any:
        """The matrix product (torch.matmul)."""
        return ops.matmul(self, other)

    def mm(self, mat2: Any) -> Any:
        """The product of two matrices (torch.mm)."""
        return ops.mm(self, mat2)

    def bmm(self, batch2: Any) -> Any:
        """The products of two batches of matrices (torch.bmm)."""
        return ops.bmm(self, batch2)

    def mv(self, vec: Any) -> Any:
        """A matrix times a vector (torch.mv)."""
        return ops.mv(self, vec)

    def dot(self, other: Any) -> Any:
        """The inner product of two vectors (torch.dot)."""
        return ops.dot(self, other)

    def outer(self, vec2: Any) -> Any:
        """All products of the elements of two vectors (torch.outer)."""
        return ops.outer(self, vec2)

    def addmm(self, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        """`beta` self + `alpha` mat1 mat2 (torch.addmm)."""
        return ops.addmm(self, mat1, mat2, beta=beta, alpha=alpha)
