"""Batch normalisation of [N, C], of [N, C, ...] in row-major order, and of [N, C, ...] that lies channels-last."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu import columns, planes
from engine.kernels.cpu.channels import Form, are_plain, as_matrix, by_place, count_of, form_of, known_form
from engine.kernels.cpu.chunks import LEAST
from engine.kernels.cpu.jit import compiled
from engine.kernels.cpu.moments import add_rows, gather
from engine.kernels.cpu.scratch import carve, room, spread
from engine.kernels.kernel import Kernel


@compiled
def _settle(mean: Any, var: Any, rstd: Any, scale: Any, totals: Any, weight: Any, eps: float) -> None:
    """The statistics as they are returned, and what distances from the mean are multiplied by."""
    for channel in range(mean.size):
        reciprocal = 1 / np.sqrt(totals[1, channel] + eps)
        mean[channel], var[channel], rstd[channel] = totals[0, channel], totals[1, channel], reciprocal
        scale[channel] = reciprocal * weight[channel]


@compiled
def _settle_gradient(constants: Any, weight_gradient: Any, sums: Any, weight: Any, rstd: Any, count: int) -> None:
    """The constants of `descend`, and the weight's gradient, from the sums of g and of g · (x - mean)."""
    channels = weight.size
    for place in range(constants.shape[1]):
        channel = place % channels
        along = sums[1, channel] * rstd[channel]
        weight_gradient[channel] = along
        constants[0, place] = 1
        constants[1, place] = along * rstd[channel] / count
        constants[2, place] = sums[0, channel] / count
        constants[3, place] = rstd[channel] * weight[channel]


def _batch_norm(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    y, mean, var, rstd = outputs
    x, weight, bias = inputs
    form = known_form(x)
    parts, sums, totals, ones, scale, *targets = carve(scratch, *_sizes(form))
    totals = totals.view(np.float64).reshape(2, -1)
    _measure(totals, parts.view(np.float64), sums, x, form)
    _settle(mean, var, rstd, scale, totals, spread(ones, weight, 1), float(attributes[0]))
    _normalise(y, x, form, targets, mean, scale, bias)


def _measure(totals: Any, parts: Any, sums: Any, x: Any, form: Form) -> None:
    """Means and variances of the channels, by way of those of their parts."""
    matrix = as_matrix(x, form)
    if form.planes:
        planes.measure(parts.reshape(2, -1), matrix)
        gather(totals, parts.reshape(2, form.parts, -1), form.parts, 1, 1)
    else:
        columns.measure(parts.reshape(2, form.chunks, -1), sums.reshape(2, form.chunks, -1), matrix)
        gather(totals, parts.reshape(2, form.parts, -1), form.rows, columns.TOGETHER, form.repeats)


def _normalise(y: Any, x: Any, form: Form, targets: list[Any], *given: Any) -> None:
    """(x - mean) · scale + shift; the constants are laid into the targets if the loops want more of them."""
    if form_of(y) == form:
        constants = [spread(target, each, 0) for target, each in zip(targets, given, strict=True)]
        loops = planes if form.planes else columns
        loops.normalise(as_matrix(y, form), as_matrix(x, form), *constants)
    else:
        constants = [spread(target[: form.channels], each, 0) for target, each in zip(targets, given, strict=True)]
        columns.normalise_turned(y.reshape(*y.shape[:2], -1), by_place(x), *constants)


def _sizes(form: Form) -> tuple[int, ...]:
    parts, channels = 2 * form.parts * form.channels, form.channels
    return 2 * parts, 0 if form.planes else parts, 2 * 2 * channels, channels, channels, *(form.constants,) * 3


def _batch_norm_backward(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    """Rstd · weight · (g - mean(g) - (x - mean) · rstd² · mean(g · (x - mean)))."""
    d, weight_gradient, bias_gradient = outputs
    g, x, weight, mean, rstd = inputs
    form = known_form(x)
    parts, sums, total, ones, center, constants = carve(scratch, *_sizes_of_gradient(form))
    center = spread(center, mean, 0)
    _add_slopes(parts, g, x, center, form)
    sums = sums.reshape(2, -1)
    for sum_of, part in zip(sums, parts.reshape(2, form.parts, -1), strict=True):
        add_rows(sum_of, total.view(np.float64), part)
    add_rows(bias_gradient, total.view(np.float64), sums[:1])
    weight, count = spread(ones, weight, 1), count_of(x)
    if form_of(d) == form:
        constants, loops = constants.reshape(4, -1), planes if form.planes else columns
        _settle_gradient(constants, weight_gradient, sums, weight, rstd, count)
        loops.descend(as_matrix(d, form), as_matrix(g, form), as_matrix(x, form), center, constants)
    else:
        constants = constants[: 4 * form.channels].reshape(4, -1)
        _settle_gradient(constants, weight_gradient, sums, weight, rstd, count)
        columns.descend_turned(d.reshape(*d.shape[:2], -1), by_place(g), by_place(x), mean, constants)


def _add_slopes(parts: Any, g: Any, x: Any, mean: Any, form: Form) -> None:
    """The sums of g and of g · (x - mean) in parts."""
    if form.planes:
        planes.slope(parts.reshape(2, -1), as_matrix(g, form), as_matrix(x, form), mean)
    else:
        columns.slope(parts.reshape(2, form.chunks, -1), as_matrix(g, form), as_matrix(x, form), mean)


def _sizes_of_gradient(form: Form) -> tuple[int, ...]:
    channels, constants = form.channels, form.constants
    return 2 * form.parts * channels, 2 * channels, 2 * channels, channels, constants, 4 * constants


def _channel_affine(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    x, *given = inputs
    form = known_form(x)
    _normalise(outputs[0], x, form, carve(scratch, *(form.constants,) * 3), *given)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    x, *others = inputs
    return form_of(x) is not None and are_plain(*others)


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, x, *others = inputs
    form = form_of(x)
    return form is not None and g.shape == x.shape and form_of(g) == form and are_plain(*others)


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*_sizes(known_form(inputs[0])))


def _scratch_of_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*_sizes_of_gradient(known_form(inputs[1])))


def _scratch_of_constants(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*(known_form(inputs[0]).constants,) * 3)


batch_norm = Kernel(_batch_norm, _accepts, _scratch, least=LEAST, fixed=True)
batch_norm_backward = Kernel(_batch_norm_backward, _accepts_gradient, _scratch_of_gradient, least=LEAST, fixed=True)
channel_affine = Kernel(_channel_affine, _accepts, _scratch_of_constants, least=LEAST, fixed=True)
