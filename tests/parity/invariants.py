"""Decompositions are unique up to signs (and order within equals): what of them can be compared."""

from collections.abc import Callable
from typing import Any


def without_signs(name: str, ours: Any, theirs: Any) -> tuple[Any, Any]:
    """Both results through a function that does not depend on signs; as they are where signs are certain."""
    visible = VISIBLE.get(name)
    return (visible(ours), visible(theirs)) if visible else (ours, theirs)


def _of_singular_values(result: Any) -> Any:
    left, values, _ = result
    count = values.shape[-1]
    return values, left[..., :count].abs()


def _of_eigenvectors(result: Any) -> Any:
    return result[0], result[1].abs()


VISIBLE: dict[str, Callable[[Any], Any]] = {
    "svd": _of_singular_values,
    "linalg.svd": _of_singular_values,
    "linalg.eigh": _of_eigenvectors,
}
