"""stacked: gradients of one shape beside each other, as rows of a Jacobian are."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp


@op(
    shape=lambda tensors: Spec((len(tensors), *tensors[0].shape), tensors[0].dtype), types="keep", complex="holomorphic"
)
def stacked(tensors: tuple[Array, ...]) -> Any:
    """Tensors of one shape and type along a new first dimension."""
    return xp(tensors[0]).stack(tensors)


stacked.gradient(tensors=lambda g: tuple(g))
