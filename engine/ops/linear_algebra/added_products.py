"""Matrix products added to something: beta input + alpha product."""

from __future__ import annotations

from typing import Any

from engine.backend.dtype import promote_types
from engine.ops.layouts.layout import expand
from engine.ops.linear_algebra.matmul import bmm, mm, mv, outer

Factor = float | int


def _combined(name: str, input: Any, product: Any, beta: Factor, alpha: Factor) -> Any:
    """`beta` input + `alpha` product; with beta 0 the input is not looked at, NaN in it are lost."""
    if not product.dtype.is_floating_point and not product.dtype.is_complex:
        for factor, title in ((beta, "beta"), (alpha, "alpha")):
            if isinstance(factor, float):
                raise RuntimeError(
                    f"{name}: For integral input tensors, argument {title} must not be a floating point number: "
                    f"{factor} for {product.dtype}"
                )
    if input.dtype is not product.dtype:
        raise RuntimeError(
            f"{name}: self and the factors must have the same dtype, but got {input.dtype} and {product.dtype}"
        )
    term = expand(input, product.shape)
    scaled = product * alpha if alpha != 1 else product
    if beta == 0:
        return scaled
    return term + scaled if beta == 1 else term * beta + scaled


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Factor = 1, alpha: Factor = 1) -> Any:
    """`beta` input + `alpha` mat1 mat2; the input expands to the product's shape (torch.addmm)."""
    return _combined("addmm", input, mm(mat1, mat2), beta, alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Factor = 1, alpha: Factor = 1) -> Any:
    """`beta` input + `alpha` mat vec; the input expands to the product's shape (torch.addmv)."""
    return _combined("addmv", input, mv(mat, vec), beta, alpha)


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Factor = 1, alpha: Factor = 1) -> Any:
    """`beta` input + `alpha` vec1 vec2ᵀ; the input expands to the product's shape (torch.addr)."""
    common = promote_types(input.dtype, promote_types(vec1.dtype, vec2.dtype))
    return _combined("addr", input.to(common), outer(vec1, vec2).to(common), beta, alpha)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Factor = 1, alpha: Factor = 1) -> Any:
    """`beta` input + `alpha` batch1 batch2, matrix by matrix; the input expands (torch.baddbmm)."""
    return _combined("baddbmm", input, bmm(batch1, batch2), beta, alpha)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Factor = 1, alpha: Factor = 1) -> Any:
    """`beta` input + `alpha` times the sum of the products of two batches; the input expands (torch.addbmm)."""
    return _combined("addbmm", input, bmm(batch1, batch2).sum(0), beta, alpha)
