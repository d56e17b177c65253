"""Rows of the gamma function's family."""

import numpy as np
from scipy import special

from engine.ops.elementwise import gamma as ops
from engine.testing.row import PAIRS, Sample, row, sample, unary

ORDERS = range(5)


def log_gamma(input: np.ndarray) -> np.ndarray:
    """SciPy's, but for minus infinity, where C and PyTorch give plus infinity."""
    return np.where(np.isinf(input), np.inf, special.gammaln(input))


def of_all_orders(rng: np.random.Generator) -> list[Sample]:
    return [sample(each.args[0], n) for each in unary(0.3, 6.0)(rng) for n in ORDERS]


def below_zero(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.uniform(0.1, 0.9, (3, 4)) - whole, 1) for whole in (1, 2, 5)]


def polygamma(input: np.ndarray, n: int) -> np.ndarray:
    return special.polygamma(n, input)


def trigamma_by_recurrence(input: np.ndarray, n: int) -> np.ndarray:
    """The sum of 1 / (x + k)² until x + k is above zero, and the function from there."""
    return sum(1 / (input + k) ** 2 for k in range(6)) + special.polygamma(1, input + 6)


def shares(rng: np.random.Generator) -> list[Sample]:
    """Whole numbers first, since only the second input has a gradient."""
    return [sample(rng.integers(1, 5, first), rng.uniform(0.3, 4.0, second)) for first, second in PAIRS]


def exponents(rng: np.random.Generator) -> list[Sample]:
    return [sample(number, rng.uniform(0.5, 3.0, (3, 4))) for number in (1.5, 2.0, 3, 7.25)]


def both(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.uniform(1.2, 5.0, first), rng.uniform(0.5, 3.0, second)) for first, second in PAIRS]


row(ops.lgamma, log_gamma, unary(0.3, 6.0), torch="lgamma", elementwise=True, special=True)
row(ops.digamma, special.psi, unary(0.3, 6.0), torch="digamma", elementwise=True, special=True)
# PyTorch's trigamma is right to nine digits only.
row(ops.derived_digamma, polygamma, of_all_orders)
row(ops.derived_digamma, trigamma_by_recurrence, below_zero, label="negative")

for _op, _oracle in ((ops.igamma, special.gammainc), (ops.igammac, special.gammaincc)):
    row(_op, _oracle, shares, torch=_op.name, dtypes=("float64",))
    row(_op, _oracle, both, torch=_op.name, gradient=False, label="both")

row(ops.zeta, special.zeta, exponents, torch="special.zeta")
row(ops.zeta, special.zeta, both, torch="special.zeta", gradient=False, label="both")
