"""Batch normalisation of [N, C], of [N, C, ...] in row-major order, and of [N, C, ...] that lies channels-last."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu import columns, planes
from engine.kernels.cpu.channels import Form, are_plain, as_matrix, by_channel, count_of, form_of, spread
from engine.kernels.cpu.chunks import LEAST
from engine.kernels.cpu.moments import add_rows, gather
from engine.kernels.cpu.scratch import carve, room
from engine.kernels.kernel import Kernel


def _batch_norm(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    y, mean, var, rstd = outputs
    x, weight, bias = inputs
    form = _form(x)
    parts, sums, totals, *constants = carve(scratch, *_sizes(form))
    center, variance, reciprocal = totals.view(np.float64).reshape(3, -1)
    _measure(center, variance, parts.view(np.float64), sums, x, form)
    np.add(variance, float(attributes[0]), out=reciprocal)
    np.sqrt(reciprocal, out=reciprocal)
    np.divide(1, reciprocal, out=reciprocal)
    mean[...], var[...], rstd[...] = center, variance, reciprocal
    if weight is not None:
        reciprocal *= weight
    for target, given in zip(constants, (center, reciprocal, 0 if bias is None else bias), strict=True):
        spread(target, form, given)
    _normalise(y, x, form, *constants)


def _measure(mean: Any, variance: Any, parts: Any, sums: Any, x: Any, form: Form) -> None:
    """The statistics of the channels, by way of those of their parts."""
    matrix = as_matrix(x, form)
    if form.planes:
        planes.measure(parts.reshape(2, -1), matrix)
        gather(mean, variance, parts.reshape(2, form.parts, -1), form.parts, 1, 1)
    else:
        columns.measure(parts.reshape(2, -1, matrix.shape[1]), sums.reshape(2, -1, matrix.shape[1]), matrix)
        gather(mean, variance, parts.reshape(2, form.parts, -1), form.rows, columns.TOGETHER, form.repeats)


def _normalise(y: Any, x: Any, form: Form, mean: Any, scale: Any, shift: Any) -> None:
    if form_of(y) == form:
        loops = planes if form.planes else columns
        loops.normalise(as_matrix(y, form), as_matrix(x, form), mean, scale, shift)
        return
    mean, scale, shift = (by_channel(each[: form.channels], y.ndim) for each in (mean, scale, shift))
    np.subtract(x, mean, out=y)
    np.multiply(y, scale, out=y)
    np.add(y, shift, out=y)


def _sizes(form: Form) -> tuple[int, ...]:
    parts = 2 * form.parts * form.channels
    return 2 * parts, 0 if form.planes else parts, 2 * 3 * form.channels, *(form.constants,) * 3


def _batch_norm_backward(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    """Rstd · weight · (g - mean(g) - (x - mean) · rstd² · mean(g · (x - mean)))."""
    d, weight_gradient, bias_gradient = outputs
    g, x, weight, mean, rstd = inputs
    form = _form(x)
    parts, totals, center, constants = carve(scratch, *_sizes_of_gradient(form))
    spread(center, form, mean)
    level, along = totals.view(np.float64).reshape(2, -1)
    _add_slopes(level, along, parts, g, x, center, form)
    along *= rstd
    weight_gradient[...], bias_gradient[...] = along, level
    along *= rstd
    totals.view(np.float64)[:] /= count_of(x)
    constants = constants.reshape(4, -1)
    for target, given in zip(constants, (1, along, level, rstd), strict=True):
        spread(target, form, given)
    if weight is not None:
        constants[3].reshape(form.repeats, -1)[...] *= weight
    _descend(d, g, x, form, center, constants)


def _add_slopes(level: Any, along: Any, parts: Any, g: Any, x: Any, mean: Any, form: Form) -> None:
    """The sums of g and of g · (x - mean) by channel."""
    matrix = as_matrix(x, form)
    if form.planes:
        planes.slope(parts.reshape(2, -1), as_matrix(g, form), matrix, mean)
    else:
        columns.slope(parts.reshape(2, -1, matrix.shape[1]), as_matrix(g, form), matrix, mean)
    for total, part in zip((level, along), parts.reshape(2, form.parts, -1), strict=True):
        add_rows(total, part)


def _descend(d: Any, g: Any, x: Any, form: Form, mean: Any, constants: Any) -> None:
    if form_of(d) == form:
        loops = planes if form.planes else columns
        loops.descend(as_matrix(d, form), as_matrix(g, form), as_matrix(x, form), mean, constants)
        return
    mean, along, level, scale = (
        by_channel(each[: form.channels], d.ndim) for each in (mean, constants[1], constants[2], constants[3])
    )
    np.subtract(mean, x, out=d)
    np.multiply(d, along, out=d)
    np.add(d, g, out=d)
    np.subtract(d, level, out=d)
    np.multiply(d, scale, out=d)


def _sizes_of_gradient(form: Form) -> tuple[int, ...]:
    return 2 * form.parts * form.channels, 2 * 2 * form.channels, form.constants, 4 * form.constants


def _channel_affine(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    x, *given = inputs
    form = _form(x)
    constants = carve(scratch, *(form.constants,) * 3)
    for target, each in zip(constants, given, strict=True):
        spread(target, form, 0 if each is None else each)
    _normalise(outputs[0], x, form, *constants)


def _form(array: Any) -> Form:
    form = form_of(array)
    assert form is not None
    return form


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    x, *others = inputs
    return form_of(x) is not None and are_plain(*others)


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, x, *others = inputs
    form = form_of(x)
    return form is not None and g.shape == x.shape and form_of(g) == form and are_plain(*others)


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*_sizes(_form(inputs[0])))


def _scratch_of_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*_sizes_of_gradient(_form(inputs[1])))


def _scratch_of_constants(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(*(_form(inputs[0]).constants,) * 3)


batch_norm = Kernel(_batch_norm, _accepts, _scratch, strided=True, least=LEAST)
batch_norm_backward = Kernel(_batch_norm_backward, _accepts_gradient, _scratch_of_gradient, strided=True, least=LEAST)
channel_affine = Kernel(_channel_affine, _accepts, _scratch_of_constants, strided=True, least=LEAST)
