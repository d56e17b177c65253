"""Floor 2: tensors without math, nodes, ops, the walker that carries gradients back, modes and the door for writes."""

from engine.autograd.function import Function
from engine.autograd.gradients import backward, grad
from engine.autograd.modes import detect_anomaly, enable_grad, inference_mode, no_grad, set_grad_enabled

__all__ = [
    "Function",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]
