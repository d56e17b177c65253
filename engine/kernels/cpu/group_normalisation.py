"""Group normalisation: groups of planes of [N, C, ...] brought to mean 0 and variance 1, and its gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.channels import are_plain
from engine.kernels.cpu.chunks import LEAST
from engine.kernels.cpu.moments import add_rows
from engine.kernels.cpu.planes import descend, measure, normalise, slope
from engine.kernels.cpu.scratch import carve, filled, room
from engine.kernels.kernel import Kernel


def _group_norm(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    y, mean, rstd = outputs
    x, weight, bias = inputs
    num_groups, eps = attributes
    examples, channels = x.shape[:2]
    grouped = examples, num_groups, channels // num_groups
    parts, constants = carve(scratch, *_sizes(x, num_groups))
    parts, constants = parts.view(np.float64).reshape(2, examples, num_groups, 1), constants.reshape(3, *grouped)
    measure(parts.reshape(2, -1), x.reshape(examples * num_groups, -1))
    center, reciprocal = parts
    reciprocal += float(eps)
    np.sqrt(reciprocal, out=reciprocal)
    np.divide(1, reciprocal, out=reciprocal)
    mean[..., 0], rstd[..., 0] = parts
    constants[0] = center
    constants[1] = reciprocal
    if weight is not None:
        constants[1] *= weight.reshape(grouped[1:])
    constants[2] = 0 if bias is None else bias.reshape(grouped[1:])
    rows = examples * channels
    normalise(y.reshape(rows, -1), x.reshape(rows, -1), *constants.reshape(3, -1))


def _sizes(x: Any, num_groups: int) -> tuple[int, ...]:
    examples, channels = x.shape[:2]
    return 2 * 2 * examples * num_groups, 3 * examples * channels


def _group_norm_backward(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    """With g̃ = g · weight and means over groups: rstd · (g̃ - mean(g̃) - (x - mean) · rstd² · mean(g̃ · (x - mean)))."""
    d, weight_gradient, bias_gradient = outputs
    g, x, weight, mean, rstd = inputs
    examples, channels = x.shape[:2]
    grouped = examples, attributes[0], channels // attributes[0]
    parts, totals, center, spare, ones, constants = carve(scratch, *_sizes_of_gradient(x, attributes[0]))
    parts, constants = parts.reshape(2, *grouped), constants.reshape(4, *grouped)
    mean, rstd, spare = mean.reshape(*grouped[:2], 1), rstd.reshape(*grouped[:2], 1), spare.reshape(2, *grouped[:2], 1)
    center.reshape(grouped)[...] = mean
    matrices = [each.reshape(examples * channels, -1) for each in (d, g, x)]
    slope(parts.reshape(2, -1), *matrices[1:], center)
    scale = filled(weight, ones, 1).reshape(grouped[1:])
    for place, (part, means) in enumerate(zip(parts, spare, strict=True)):
        np.multiply(part, scale, out=constants[place])
        np.add.reduce(constants[place], axis=2, out=means, keepdims=True)
    level, along = spare
    spare *= examples * attributes[0] / x.size
    along *= rstd
    along *= rstd
    # (x - mean) · rstd is what the weight was multiplied by.
    parts[1] *= rstd
    for total, gradient, part in zip(
        totals.view(np.float64).reshape(2, -1), (bias_gradient, weight_gradient), parts, strict=True
    ):
        add_rows(total, part.reshape(examples, -1))
        gradient[...] = total
    constants[0], constants[1], constants[2], constants[3] = scale, along, level, rstd
    descend(*matrices, center, constants.reshape(4, -1))


def _sizes_of_gradient(x: Any, num_groups: int) -> tuple[int, ...]:
    examples, channels = x.shape[:2]
    rows = examples * channels
    return 2 * rows, 2 * 2 * channels, rows, 2 * examples * num_groups, channels, 4 * rows


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    x, *others = inputs
    return is_plain(x) and x.size > 0 and are_plain(*others)


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, x, *others = inputs
    return is_plain(g) and is_plain(x) and x.size > 0 and g.shape == x.shape and are_plain(*others)


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*_sizes(inputs[0], attributes[0]))


def _scratch_of_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*_sizes_of_gradient(inputs[1], attributes[0]))


group_norm = Kernel(_group_norm, _accepts, _scratch, least=LEAST)
group_norm_backward = Kernel(_group_norm_backward, _accepts_gradient, _scratch_of_gradient, least=LEAST)
