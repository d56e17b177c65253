"""Floor 2: tensors without math, nodes, ops, the walker that carries gradients back, modes and the door for writes."""

from engine.autograd import function, functional, graph
from engine.autograd.function import Function
from engine.autograd.gradcheck import GradcheckError, gradcheck, gradgradcheck
from engine.autograd.gradients import backward, grad
from engine.autograd.modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)
from engine.autograd.variable import Variable

__all__ = [
    "Function",
    "GradcheckError",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]
