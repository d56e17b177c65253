"""Powers and exponentials of matrices."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import bool_
from engine.backend.namespace import xp
from engine.ops.elementwise.selection import where
from engine.ops.layouts.joining import cat
from engine.ops.linear_algebra.matrices import check_square, entitle
from engine.ops.linear_algebra.solving import inv


def matrix_power(A: Any, n: int) -> Any:
    """A multiplied n times with itself, A⁻¹ for a negative n, by repeated squaring (torch.linalg.matrix_power)."""
    check_square("linalg.matrix_power", A.shape)
    if n == 0:
        # Without the elements, yet with their history: the gradient of a constant is zero.
        return A.new_ones(A.shape[-1]).diag_embed() + where(A.new_ones(A.shape, dtype=bool_), 0, A)
    square, left = (A, n) if n > 0 else (inv(A), -n)
    result = None
    while True:
        if left % 2:
            result = square if result is None else result @ square
        left //= 2
        if not left:
            return result.clone() if result is A else result
        square = square @ square


# The coefficients of the diagonal Padé approximant of degree 13, and the 1-norm up to which it is exact enough.
PADE = (
    64764752532480000, 32382376266240000, 7771770303897600, 1187353796428800, 129060195264000, 10559470521600,
    670442572800, 33522128640, 1323241920, 40840800, 960960, 16380, 182, 1,
)  # fmt: skip
LARGEST_NORM = 5.371920351148152


def _exponential_shape(A: Spec) -> Spec:
    check_square("linalg.matrix_exp", A.shape)
    return A


@op(shape=_exponential_shape, types="keep")
def matrix_exp(A: Array) -> Any:
    """Σ Aᵏ / k! of [..., n, n], by scaling and squaring (torch.linalg.matrix_exp; Higham 2005)."""
    check_square("linalg.matrix_exp", A.shape)
    if not A.size:
        return A.copy()
    space = xp(A)
    norms = space.abs(A).sum(-2).max(-1)
    doublings = space.ceil(space.log2(space.maximum(norms, LARGEST_NORM) / LARGEST_NORM))
    doublings = space.where(space.isfinite(doublings), doublings, 0)[..., None, None]
    result = _pade(space, A / (2**doublings).astype(A.dtype))
    for step in range(int(doublings.max())):
        result = space.where(doublings > step, result @ result, result)
    return result


def _pade(space: Any, A: Any) -> Any:
    unit = space.eye(A.shape[-1], dtype=A.dtype)
    second = A @ A
    fourth = second @ second
    sixth = fourth @ second

    def terms(first: int) -> Any:
        """The terms of every other power from `first` on, over its power."""
        b = [float(each) for each in PADE[first::2]]
        low = b[0] * unit + b[1] * second + b[2] * fourth + b[3] * sixth
        return low + sixth @ (b[4] * second + b[5] * fourth + b[6] * sixth)

    odd, even = A @ terms(1), terms(0)
    return space.linalg.solve(even - odd, even + odd)


entitle(matrix_exp, "linalg.matrix_exp")


def _exponential_gradient(g: Any, A: Any) -> Any:
    """The corner of exp([[Aᵀ, g], [0, Aᵀ]]) (Mathias 1996)."""
    length = A.shape[-1]
    above = cat([A.mT, g], -1)
    below = cat([A.new_zeros(A.shape), A.mT], -1)
    return matrix_exp(cat([above, below], -2)).narrow(-2, 0, length).narrow(-1, length, length)


matrix_exp.gradient(A=_exponential_gradient)
