"""Gradients kept within a norm or within bounds; nothing here asks the host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.autograd.modes import no_grad
from engine.creation import zeros
from engine.ops.layouts.joining import stack
from engine.ops.reductions.joint_norm import joint_norm
from engine.ops.reductions.norm import vector_norm
from engine.tensors import Tensor


@no_grad()
def get_total_norm(
    tensors: Iterable[Any], norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Any:
    """The norm of all tensors as if they were one vector, a 0-d tensor (torch.nn.utils.get_total_norm)."""
    given = _listed(tensors)
    if not given:
        return zeros(())
    if norm_type == 2 and len({each.device for each in given}) == 1:
        total = joint_norm(tuple(given))
    else:
        norms = [vector_norm(each, float(norm_type)) for each in given]
        total = vector_norm(stack([each.to(norms[0].device) for each in norms]), float(norm_type))
    if error_if_nonfinite and not bool(total.isfinite()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To scale the gradients by it anyway, set `error_if_nonfinite=False`"
        )
    return total


@no_grad()
def clip_grads_with_norm_(
    parameters: Iterable[Any], max_norm: float, total_norm: Any, foreach: bool | None = None
) -> None:
    """Multiply all gradients by max_norm / total_norm where that is below one."""
    scale = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    for gradient in _gradients(parameters):
        gradient.mul_(scale.to(gradient.device))


def clip_grad_norm_(
    parameters: Iterable[Any],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """Scale all gradients so that their joint norm is at most max_norm; gives the norm before (torch.nn.utils)."""
    listed = _listed(parameters)
    total = get_total_norm(_gradients(listed), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(listed, max_norm, total, foreach)
    return total


@no_grad()
def clip_grad_value_(parameters: Iterable[Any], clip_value: float, foreach: bool | None = None) -> None:
    """Keep each element of the gradients within ±clip_value (torch.nn.utils.clip_grad_value_)."""
    for gradient in _gradients(parameters):
        gradient.clamp_(-float(clip_value), float(clip_value))


def _listed(tensors: Iterable[Any]) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _gradients(parameters: Iterable[Any]) -> list[Any]:
    return [parameter.grad for parameter in _listed(parameters) if parameter.grad is not None]
