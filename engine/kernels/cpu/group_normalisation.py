"""Group normalisation: groups of planes of [N, C, ...] brought to mean 0 and variance 1, and its gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.channels import are_plain
from engine.kernels.cpu.chunks import LEAST
from engine.kernels.cpu.jit import compiled
from engine.kernels.cpu.planes import descend, measure, normalise, slope
from engine.kernels.cpu.scratch import carve, room, spread
from engine.kernels.kernel import Kernel

# Smaller planes make slow loops.
_SMALLEST = 8


@compiled
def _settle(constants: Any, mean: Any, rstd: Any, parts: Any, weight: Any, bias: Any, eps: float) -> None:
    """The statistics as they are kept, and each plane's mean, scale and shift."""
    for group in range(mean.size):
        mean[group], rstd[group] = parts[0, group], 1 / np.sqrt(parts[1, group] + eps)
    members = constants.shape[1] // mean.size
    for plane in range(constants.shape[1]):
        group, channel = plane // members, plane % weight.size
        constants[0, plane] = mean[group]
        constants[1, plane] = rstd[group] * weight[channel]
        constants[2, plane] = bias[channel]


@compiled
def _center(center: Any, mean: Any) -> None:
    members = center.size // mean.size
    for plane in range(center.size):
        center[plane] = mean[plane // members]


@compiled
def _add_planes(weight_gradient: Any, bias_gradient: Any, sums: Any, parts: Any, rstd: Any) -> None:
    """The gradients of weight and bias, added up over examples in float64."""
    sums[:] = 0
    channels, members = sums.shape[1], parts.shape[1] // rstd.size
    for plane in range(parts.shape[1]):
        sums[0, plane % channels] += parts[1, plane] * rstd[plane // members]
        sums[1, plane % channels] += parts[0, plane]
    for channel in range(channels):
        weight_gradient[channel], bias_gradient[channel] = sums[0, channel], sums[1, channel]


@compiled
def _settle_gradient(constants: Any, parts: Any, weight: Any, rstd: Any, count: int) -> None:
    """The constants of `descend` for each plane from the sums of g and of g · (x - mean)."""
    members = parts.shape[1] // rstd.size
    for group in range(rstd.size):
        level, along = 0.0, 0.0
        for plane in range(group * members, group * members + members):
            level += parts[0, plane] * weight[plane % weight.size]
            along += parts[1, plane] * weight[plane % weight.size]
        level /= count * members
        along *= rstd[group] * rstd[group] / (count * members)
        for plane in range(group * members, group * members + members):
            constants[0, plane] = weight[plane % weight.size]
            constants[1, plane] = along
            constants[2, plane] = level
            constants[3, plane] = rstd[group]


def _group_norm(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    y, mean, rstd = outputs
    x, weight, bias = inputs
    num_groups, eps = attributes
    rows = x.shape[0] * x.shape[1]
    parts, constants, ones, zeros = carve(scratch, *_sizes(x, num_groups))
    parts, constants = parts.view(np.float64).reshape(2, -1), constants.reshape(3, -1)
    measure(parts, x.reshape(x.shape[0] * num_groups, -1))
    scale, shift = spread(ones, weight, 1), spread(zeros, bias, 0)
    _settle(constants, mean.reshape(-1), rstd.reshape(-1), parts, scale, shift, float(eps))
    normalise(y.reshape(rows, -1), x.reshape(rows, -1), constants[0], constants[1], constants[2])


def _sizes(x: Any, num_groups: int) -> tuple[int, ...]:
    examples, channels = x.shape[:2]
    return 2 * 2 * examples * num_groups, 3 * examples * channels, channels, channels


def _group_norm_backward(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    """With g̃ = g · weight and means over groups: rstd · (g̃ - mean(g̃) - (x - mean) · rstd² · mean(g̃ · (x - mean)))."""
    d, weight_gradient, bias_gradient = outputs
    g, x, weight, mean, rstd = inputs
    rows = x.shape[0] * x.shape[1]
    parts, sums, center, ones, constants = carve(scratch, *_sizes_of_gradient(x))
    parts, sums, constants = parts.reshape(2, -1), sums.view(np.float64).reshape(2, -1), constants.reshape(4, -1)
    reciprocal, count = rstd.reshape(-1), x.size // rows
    _center(center, mean.reshape(-1))
    slope(parts, g.reshape(rows, -1), x.reshape(rows, -1), center)
    _add_planes(weight_gradient, bias_gradient, sums, parts, reciprocal)
    _settle_gradient(constants, parts, spread(ones, weight, 1), reciprocal, count)
    descend(d.reshape(rows, -1), g.reshape(rows, -1), x.reshape(rows, -1), center, constants)


def _sizes_of_gradient(x: Any) -> tuple[int, ...]:
    examples, channels = x.shape[:2]
    rows = examples * channels
    return 2 * rows, 2 * 2 * channels, rows, channels, 4 * rows


def _suits(array: Any) -> bool:
    return is_plain(array) and array.size >= _SMALLEST * array.shape[0] * array.shape[1] > 0


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    x, *others = inputs
    return _suits(x) and are_plain(*others)


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, x, *others = inputs
    return _suits(x) and is_plain(g) and g.shape == x.shape and are_plain(*others)


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*_sizes(inputs[0], attributes[0]))


def _scratch_of_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*_sizes_of_gradient(inputs[1]))


group_norm = Kernel(_group_norm, _accepts, _scratch, least=LEAST, fixed=True)
group_norm_backward = Kernel(_group_norm_backward, _accepts_gradient, _scratch_of_gradient, least=LEAST, fixed=True)
