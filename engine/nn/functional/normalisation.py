"""Normalisations as functions: over a batch, over groups of channels, over the last dimensions, of a vector."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.output import with_out
from engine.ops.normalisations import group_normalisation
from engine.ops.normalisations.batch_normalisation import batch_norm
from engine.ops.normalisations.instance_normalisation import instance_norm
from engine.ops.normalisations.layer_normalisation import layer_norm
from engine.ops.normalisations.local_response import local_response_norm
from engine.ops.normalisations.root_mean_square import rms_norm
from engine.ops.reductions.norm import norm


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """(x - mean) / √(var + eps) · weight + bias over each group of channels of each example of [N, C, ...].

    Raises RuntimeError for channels that do not make `num_groups` groups, ValueError where a group is one value.
    """
    if input.ndim >= 2 and num_groups > 0:
        sizes = [input.shape[0] * input.shape[1] // num_groups, num_groups, *input.shape[2:]]
        if sizes[0] * math.prod(input.shape[2:]) == 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {sizes}")
    return group_normalisation.group_norm(input, num_groups, weight, bias, eps)


@with_out
def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """Divide x by max(‖x‖_p, eps) along `dim`."""
    return input / norm(input, p, dim, True).clamp(min=eps)


__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "rms_norm",
]
