"""Rows of orthogonal polynomials: SciPy's, and NumPy's series for Chebyshev's third and fourth kind."""

from collections.abc import Callable

import numpy as np
from scipy import special

from engine.ops.elementwise import orthogonal_polynomials as ops
from engine.testing.row import PAIRS, Sample, row, sample

Oracle = Callable[[np.ndarray, np.ndarray], np.ndarray]


def degrees(rng: np.random.Generator) -> list[Sample]:
    """Arguments inside and outside of [-1, 1], and a negative degree."""
    drawn = [sample(rng.uniform(-2.0, 2.0, first), rng.integers(0, 9, second)) for first, second in PAIRS]
    return [*drawn, sample(rng.uniform(0.0, 1.0, 5), 7), sample(0.5, np.arange(-1.0, 5.0))]


def by_degree(polynomial: Oracle, shifted: bool = False) -> Oracle:
    def value(input: np.ndarray, n: np.ndarray) -> np.ndarray:
        x, degree = np.broadcast_arrays(np.asarray(input, "float64"), n)
        return np.where(degree < 0, 0.0, polynomial(2 * x - 1 if shifted else x, np.maximum(degree, 0).astype("int64")))

    return value


def third_kind(x: np.ndarray, n: np.ndarray) -> np.ndarray:
    """V_n = U_n - U_n-1 (DLMF 18.7.17)."""
    return special.eval_chebyu(n, x) - np.where(n > 0, special.eval_chebyu(np.maximum(n - 1, 0), x), 0.0)


def fourth_kind(x: np.ndarray, n: np.ndarray) -> np.ndarray:
    """W_n = U_n + U_n-1 (DLMF 18.7.18)."""
    return special.eval_chebyu(n, x) + np.where(n > 0, special.eval_chebyu(np.maximum(n - 1, 0), x), 0.0)


def of_degree(polynomial: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Oracle:
    return lambda x, n: polynomial(n, x)


KINDS: dict[str, Oracle] = {
    "chebyshev_polynomial_t": of_degree(special.eval_chebyt),
    "chebyshev_polynomial_u": of_degree(special.eval_chebyu),
    "chebyshev_polynomial_v": third_kind,
    "chebyshev_polynomial_w": fourth_kind,
    "hermite_polynomial_h": of_degree(special.eval_hermite),
    "hermite_polynomial_he": of_degree(special.eval_hermitenorm),
    "laguerre_polynomial_l": of_degree(special.eval_laguerre),
    "legendre_polynomial_p": of_degree(special.eval_legendre),
}

for _name, _oracle in KINDS.items():
    row(getattr(ops, _name), by_degree(_oracle), degrees, torch=f"special.{_name}", gradient=False)
    if _name.startswith("chebyshev"):
        _shifted = f"shifted_{_name}"
        row(getattr(ops, _shifted), by_degree(_oracle, True), degrees, torch=f"special.{_shifted}", gradient=False)
