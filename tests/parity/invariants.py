"""Decompositions are unique up to signs, and some up to order: what of them can be compared."""

from collections.abc import Callable
from typing import Any


def without_signs(name: str) -> Callable[[Any], Any]:
    """A function of a result that does not depend on signs; the result itself where signs are certain."""
    return VISIBLE.get(name, lambda result: result)


def _of_singular_values(result: Any) -> Any:
    left, values, _ = result
    count = values.shape[-1]
    return values, left[..., :count].abs()


def _of_eigenvectors(result: Any) -> Any:
    return result[0], result[1].abs()


def _of_numbers_in_any_order(values: Any) -> Any:
    """Sums of powers: LAPACK's order of the eigenvalues of general matrices is each library's own."""
    return values.sum(-1), (values * values).sum(-1), (values * values * values).sum(-1)


def _of_general_eigenvectors(result: Any) -> Any:
    values, vectors = result
    lengths = vectors.abs() * vectors.abs()
    return (*_of_numbers_in_any_order(values), (lengths * values.unsqueeze(-2)).sum(-1))


VISIBLE: dict[str, Callable[[Any], Any]] = {
    "svd": _of_singular_values,
    "linalg.svd": _of_singular_values,
    "linalg.eig": _of_general_eigenvectors,
    "linalg.eigvals": _of_numbers_in_any_order,
    "linalg.eigh": _of_eigenvectors,
}
