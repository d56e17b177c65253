"""Linear algebra under the names of torch.linalg."""

from typing import Any

from engine.autograd.numpy_names import understand_numpy_names
from engine.ops.layouts.windows import diagonal as _diagonal
from engine.ops.linear_algebra.cholesky import cholesky, cholesky_ex
from engine.ops.linear_algebra.determinant import det, slogdet
from engine.ops.linear_algebra.eigenvalues import eigh, eigvalsh
from engine.ops.linear_algebra.general_eigenvalues import eig, eigvals
from engine.ops.linear_algebra.indefinite import ldl_factor, ldl_factor_ex, ldl_solve
from engine.ops.linear_algebra.least_squares import lstsq
from engine.ops.linear_algebra.lower_upper import lu, lu_factor, lu_factor_ex, lu_solve
from engine.ops.linear_algebra.matmul import matmul
from engine.ops.linear_algebra.matrices import LinAlgError
from engine.ops.linear_algebra.matrix_functions import matrix_exp, matrix_power
from engine.ops.linear_algebra.matrix_norm import cond, matrix_norm, norm
from engine.ops.linear_algebra.matrix_norm import linalg_vector_norm as vector_norm
from engine.ops.linear_algebra.orthogonal import qr
from engine.ops.linear_algebra.product_chains import multi_dot
from engine.ops.linear_algebra.products import linalg_cross as cross
from engine.ops.linear_algebra.products import vander, vecdot
from engine.ops.linear_algebra.pseudo_inverse import matrix_rank, pinv
from engine.ops.linear_algebra.reflections import householder_product
from engine.ops.linear_algebra.singular_values import linalg_svd as svd
from engine.ops.linear_algebra.singular_values import svdvals
from engine.ops.linear_algebra.solving import inv, inv_ex, solve, solve_ex, tensorinv, tensorsolve
from engine.ops.linear_algebra.triangular import solve_triangular


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonals of matrices as the last dimension, a view (torch.linalg.diagonal)."""
    return _diagonal(A, offset, dim1, dim2)


globals().update(understand_numpy_names(dict(globals())))

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "ldl_factor",
    "ldl_factor_ex",
    "ldl_solve",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
