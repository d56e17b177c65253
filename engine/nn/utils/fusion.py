"""A layer and the batch normalisation behind it as one layer, for evaluation (torch.nn.utils.fusion)."""

from __future__ import annotations

import copy
from typing import Any

from engine.autograd.modes import no_grad
from engine.nn.parameter import Parameter


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """A copy of a convolution that does what both do in evaluation; `transpose` for a transposed convolution."""
    _check(conv, bn)
    fused = copy.deepcopy(conv)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


@no_grad()
def fuse_conv_bn_weights(
    conv_w: Any, conv_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any, transpose: bool = False
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a convolution followed by (x - rm) / √(rv + eps) · w + b."""
    scale, shift = _scale_and_shift(conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    channels = 1 if transpose else 0
    shape = [-1 if dim == channels else 1 for dim in range(conv_w.ndim)]
    weight = (conv_w * scale.reshape(shape)).to(conv_w.dtype)
    return Parameter(weight, conv_w.requires_grad), Parameter(shift.to(conv_w.dtype), _wanted(conv_w, conv_b))


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """A copy of a linear layer that does what both do in evaluation; raises AssertionError if sizes differ."""
    _check(linear, bn)
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"{linear.out_features} and {bn.num_features}"
        )
    fused = copy.deepcopy(linear)
    fused.weight, fused.bias = fuse_linear_bn_weights(
        linear.weight, linear.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


@no_grad()
def fuse_linear_bn_weights(
    linear_w: Any, linear_b: Any, bn_rm: Any, bn_rv: Any, bn_eps: float, bn_w: Any, bn_b: Any
) -> tuple[Parameter, Parameter]:
    """Weight and bias of a linear layer followed by (x - rm) / √(rv + eps) · w + b."""
    scale, shift = _scale_and_shift(linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
    weight = (linear_w * scale.unsqueeze(-1)).to(linear_w.dtype)
    return Parameter(weight, linear_w.requires_grad), Parameter(shift.to(linear_w.dtype), _wanted(linear_w, linear_b))


def _check(layer: Any, bn: Any) -> None:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("Only support fusion of batch norms with running statistics")


def _scale_and_shift(bias: Any, mean: Any, var: Any, eps: float, weight: Any, shift: Any) -> tuple[Any, Any]:
    scale = (var + eps).rsqrt() if weight is None else weight * (var + eps).rsqrt()
    moved = (-mean if bias is None else bias - mean) * scale
    return scale, moved if shift is None else moved + shift


def _wanted(weight: Any, bias: Any) -> bool:
    return weight.requires_grad if bias is None else bias.requires_grad
