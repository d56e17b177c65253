"""Activations that draw: leaky ReLU with random slopes, and softmax of scores with random noise."""

from __future__ import annotations

from typing import Any

from engine.creation import empty_like, zeros_like
from engine.ops.elementwise.activation import leaky_relu
from engine.ops.elementwise.selection import where
from engine.tensors.forms import composed_forms


def _rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Any:
    if lower > upper:
        raise RuntimeError(f"Lower bound should be less than or equal to the upper bound, got {lower} and {upper}")
    if not training:
        return leaky_relu(input, (lower + upper) / 2)
    return where(input > 0, input, input * empty_like(input).uniform_(lower, upper))


_, rrelu_ = composed_forms(_rrelu)


def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False) -> Any:
    """Keep x where x > 0, else give x times a slope: uniform in [lower, upper] in training, their mean otherwise.

    Raises RuntimeError where lower is above upper; Xu et al., "Empirical evaluation of rectified activations", 2015.
    """
    return (rrelu_ if inplace else _rrelu)(input, lower, upper, training)


def gumbel_softmax(logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    """softmax((logits + Gumbel noise) / tau): a random choice that has gradients; `hard` rounds it to one-hot.

    The gradient of a hard choice is that of the soft one; `eps` has no effect, as in PyTorch.
    Jang et al., "Categorical reparameterization with Gumbel-softmax", 2017.
    """
    noise = -empty_like(logits).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    chosen = zeros_like(logits).scatter_(dim, soft.detach().argmax(dim, keepdim=True), value=1.0)
    return chosen - soft.detach() + soft
