"""Membership: which elements are among others."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec
from engine.backend.dtype import bool_
from engine.backend.namespace import xp


def _membership_shape(elements: Any, test_elements: Any, assume_unique: bool, invert: bool) -> Spec:
    return Spec(elements.shape if isinstance(elements, Spec) else (), bool_)


@op(shape=_membership_shape, differentiable=False)
def is_member(
    elements: Array | Number, test_elements: Array | Number, assume_unique: bool = False, invert: bool = False
) -> Any:
    """Whether each element is among the others, or with `invert` is not; NaN is among none."""
    array = elements if hasattr(elements, "dtype") else test_elements
    return xp(array).isin(elements, test_elements, assume_unique=assume_unique, invert=invert)


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each element is among `test_elements`, or with `invert` is not (torch.isin)."""
    return is_member(elements, test_elements, assume_unique, invert)
