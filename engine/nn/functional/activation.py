"""Activations as functions; those with `inplace` can write over their input."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.op import Op
from engine.ops.elementwise import activation as ops
from engine.ops.elementwise import gated_activation as gated
from engine.ops.elementwise.activation import (
    hardshrink,
    logsigmoid,
    prelu,
    softplus,
    softshrink,
    softsign,
    tanhshrink,
)
from engine.ops.elementwise.exponential import sigmoid
from engine.ops.elementwise.gated_activation import gelu, glu
from engine.ops.elementwise.trigonometric import tanh


def _run(operation: Op, inplace: bool, *args: Any) -> Any:
    return in_place(operation)(*args) if inplace else operation(*args)


def relu(input: Any, inplace: bool = False) -> Any:
    """max(0, x)."""
    return _run(ops.relu, inplace, input)


def relu6(input: Any, inplace: bool = False) -> Any:
    """min(max(0, x), 6)."""
    return _run(ops.hardtanh, inplace, input, 0.0, 6.0)


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """Keep x where x > 0, else give negative_slope x."""
    return _run(ops.leaky_relu, inplace, input, negative_slope)


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """Keep x where x > 0, else give alpha (exp(x) - 1)."""
    return _run(ops.elu, inplace, input, alpha)


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """max(0, x) + min(0, alpha (exp(x / alpha) - 1))."""
    return _run(ops.celu, inplace, input, alpha)


def selu(input: Any, inplace: bool = False) -> Any:
    """The self-normalising ELU."""
    return _run(ops.selu, inplace, input)


def silu(input: Any, inplace: bool = False) -> Any:
    """Multiply x by σ(x)."""
    return _run(gated.silu, inplace, input)


def mish(input: Any, inplace: bool = False) -> Any:
    """Multiply x by tanh(softplus(x))."""
    return _run(gated.mish, inplace, input)


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """Keep x where x > threshold, else give value."""
    return _run(ops.threshold, inplace, input, threshold, value)


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """min(max(min_val, x), max_val); raises ValueError where min_val is above max_val."""
    if min_val > max_val:
        raise ValueError(f"min_val cannot be greater than max_val, got {min_val} and {max_val}")
    return _run(ops.hardtanh, inplace, input, min_val, max_val)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """min(max(0, x + 3), 6) / 6."""
    return _run(ops.hardsigmoid, inplace, input)


def hardswish(input: Any, inplace: bool = False) -> Any:
    """Multiply x by min(max(0, x + 3), 6) / 6."""
    return _run(ops.hardswish, inplace, input)


relu_ = in_place(ops.relu)
leaky_relu_ = in_place(ops.leaky_relu)
elu_ = in_place(ops.elu)
celu_ = in_place(ops.celu)
selu_ = in_place(ops.selu)
threshold_ = in_place(ops.threshold)


def hardtanh_(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """hardtanh, written into the input."""
    return hardtanh(input, min_val, max_val, inplace=True)


__all__ = [
    "celu",
    "celu_",
    "elu",
    "elu_",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "logsigmoid",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
]
