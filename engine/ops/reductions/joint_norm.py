"""The norm of many tensors as if they were one vector."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.kernels.cpu import optimizers_around
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_whole


def _no_dimensions(tensors: tuple[Spec, ...]) -> Spec:
    return Spec((), tensors[0].dtype)


@op(shape=_no_dimensions)
def joint_norm(tensors: tuple[Array, ...]) -> Any:
    """√(Σ x²) over all elements of one tensor or more; raises NotImplementedError for whole numbers."""
    squares = [xp(each).square(widened(each)).sum() for each in tensors]
    return narrowed(xp(tensors[0]).sqrt(sum(squares)), tensors[0])


@joint_norm.gradients
def _joint_norm_gradients(g: Any, tensors: tuple[Any, ...], y: Any, needs: Any) -> tuple[tuple[Any, ...]]:
    share = (g / y).masked_fill(y == 0, 0)
    return (tuple(share * each if need else None for each, need in zip(tensors, needs[0], strict=True)),)


joint_norm.refuse(refuse_whole)
joint_norm.fast(cpu=optimizers_around.joint_norm)
