"""Tensor's matrix products, and its functions of matrices."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops.linear_algebra import (
    added_products,
    determinant,
    lower_upper,
    matrix_functions,
    orthogonal,
    products,
    pseudo_inverse,
    reflections,
    singular_values,
    solving,
    triangular,
)
from engine.ops.linear_algebra import cholesky as definite
from engine.ops.linear_algebra import matmul as ops
from engine.tensors.forms import composed_forms, method, operator


class LinearAlgebra(TensorBase):
    """Tensor's matrix products, and its functions of matrices."""

    __slots__ = ()

    __matmul__ = operator(ops.matmul)

    def __rmatmul__(self, other: Any) -> Any:
        return ops.matmul(other, self)

    def matmul(self, other: Any) -> Any:
        """The matrix product (torch.matmul)."""
        return ops.matmul(self, other)

    def mm(self, mat2: Any) -> Any:
        """The product of two matrices (torch.mm)."""
        return ops.mm(self, mat2)

    def bmm(self, mat2: Any) -> Any:
        """The products of two batches of matrices (torch.bmm)."""
        return ops.bmm(self, mat2)

    def mv(self, vec: Any) -> Any:
        """A matrix times a vector (torch.mv)."""
        return ops.mv(self, vec)

    def dot(self, other: Any) -> Any:
        """The inner product of two vectors (torch.dot)."""
        return ops.dot(self, other)

    def outer(self, vec2: Any) -> Any:
        """All products of the elements of two vectors (torch.outer)."""
        return ops.outer(self, vec2)

    ger = outer

    addmm, addmm_ = composed_forms(added_products.addmm)
    addmv, addmv_ = composed_forms(added_products.addmv)
    addr, addr_ = composed_forms(added_products.addr)
    addbmm = added_products.addbmm
    baddbmm, baddbmm_ = composed_forms(added_products.baddbmm)

    def addbmm_(self, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
        """addbmm, written into the tensor, which grows to the product's shape (torch.Tensor.addbmm_)."""
        target: Any = self
        result = added_products.addbmm(target.clone(), batch1, batch2, beta=beta, alpha=alpha)
        return (target if target.shape == result.shape else target.resize_(result.shape)).copy_(result)

    # Functions whose first argument is the tensor are methods as they are.
    vdot = products.vdot
    inner = products.inner
    kron = products.kron
    cross = products.cross

    det = method(determinant.det)
    slogdet = method(determinant.slogdet)
    logdet = determinant.logdet
    inverse = solving.inv
    pinverse = pseudo_inverse.pinverse
    matrix_exp = method(matrix_functions.matrix_exp)
    matrix_power = matrix_functions.matrix_power

    cholesky = definite.cholesky
    cholesky_inverse = definite.cholesky_inverse
    cholesky_solve = method(definite.cholesky_solve)
    triangular_solve = triangular.triangular_solve
    lu = lower_upper.legacy_lu
    lu_solve = lower_upper.lu_solve_transposed
    qr = orthogonal.legacy_qr
    geqrf = method(reflections.geqrf)
    orgqr = reflections.orgqr
    ormqr = method(reflections.ormqr)
    svd = singular_values.svd
