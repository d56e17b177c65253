"""Instance normalisation: each channel of each example brought to mean 0 and variance 1."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.modes import no_grad
from engine.ops.normalisations.batch_normalisation import batch_norm, check_channels


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """(x - mean) / √(var + eps) · weight + bias for each channel of each example (torch.nn.functional.instance_norm).

    With the statistics of the input, whose mean over the examples moves the running ones by `momentum`; else with the
    running ones. Raises ValueError for channels of one value, or for one running statistic without the other.
    """
    _check_instances(input, running_mean, running_var, use_input_stats)
    check_channels(input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    examples, channels = input.shape[:2]
    # A batch of one example that has the channels of all examples.
    statistics: list[Any] = [running_mean, running_var, weight, bias]
    mean, var, scale, shift = (None if each is None else each.repeat(examples) for each in statistics)
    output = batch_norm(
        input.reshape(1, examples * channels, *input.shape[2:]), mean, var, scale, shift, True, momentum, eps
    )
    if examples and mean is not None and var is not None:
        with no_grad():
            running_mean.copy_(mean.reshape(examples, channels).mean(0))
            running_var.copy_(var.reshape(examples, channels).mean(0))
    return output.reshape(input.shape)


def _check_instances(input: Any, running_mean: Any, running_var: Any, use_input_stats: bool) -> None:
    if use_input_stats and math.prod(input.shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {list(input.shape)}")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if not use_input_stats and running_mean is None:
        raise RuntimeError("Expected running_mean and running_var to be defined when use_input_stats is false")
