"""Decompositions are unique up to signs (and order within equals): what of them can be compared."""

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


VISIBLE: dict[str, Callable[[Any], Any]] = {
    "svd": _of_singular_values,
    "linalg.svd": _of_singular_values,
    "linalg.eig": _of_eigenvectors,
    "linalg.eigh": _of_eigenvectors,
}
