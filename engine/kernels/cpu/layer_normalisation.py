"""Layer normalisation: each row brought to mean 0 and variance 1, and its gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.chunks import CHUNK, LEAST, SERIAL
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.moments import add_rows, moments
from engine.kernels.cpu.scratch import carve, room, spread
from engine.kernels.kernel import Kernel

# Gradients of weights are added up over at least and at most so many rows in float32, then in float64.
FEWEST, MOST = 64, 256


def rows_together(width: int) -> int:
    """How many rows of that width one thread takes at a time."""
    return min(max(CHUNK // width, FEWEST), MOST)


def chunks_of_rows(size: int, width: int) -> int:
    """How many times `rows_together` rows make `size` values, the last ones perhaps fewer."""
    return -(-size // (width * rows_together(width)))


@compiled
def _normalise(y: Any, mean: Any, rstd: Any, x: Any, weight: Any, bias: Any, eps: float, first: int, last: int) -> None:
    for row in range(first, last):
        center, variance = moments(x, row)
        shift, scale = np.float32(center), np.float32(1 / np.sqrt(variance + eps))
        mean[row], rstd[row] = shift, scale
        for i in range(x.shape[1]):
            y[row, i] = (x[row, i] - shift) * scale * weight[i] + bias[i]


@parallel
def _normalise_all(y: Any, mean: Any, rstd: Any, x: Any, weight: Any, bias: Any, eps: float, step: int) -> None:
    rows = x.shape[0]
    if x.size <= SERIAL:
        _normalise(y, mean, rstd, x, weight, bias, eps, 0, rows)
    else:
        for chunk in prange((rows + step - 1) // step):
            first = chunk * step
            _normalise(y, mean, rstd, x, weight, bias, eps, first, min(first + step, rows))


@compiled
def _descend(d: Any, sums: Any, g: Any, x: Any, weight: Any, mean: Any, rstd: Any, chunk: int, step: int) -> None:
    """The input's gradient, g̃ = g · weight: (g̃ - mean(g̃) - x̂ · mean(g̃ · x̂)) · rstd; the sums of g · x̂ and g."""
    width = x.shape[1]
    sums[0, chunk], sums[1, chunk] = 0, 0
    for row in range(chunk * step, min(chunk * step + step, x.shape[0])):
        shift, scale = mean[row], rstd[row]
        total, along = np.float32(0), np.float32(0)
        for i in range(width):
            upstream, normal = g[row, i], (x[row, i] - shift) * scale
            product = upstream * normal
            sums[0, chunk, i] += product
            sums[1, chunk, i] += upstream
            total += upstream * weight[i]
            along += product * weight[i]
        level, slope = np.float32(total / width), np.float32(along / width)
        for i in range(width):
            normal = (x[row, i] - shift) * scale
            d[row, i] = (g[row, i] * weight[i] - (normal * slope + level)) * scale


@parallel
def _descend_all(d: Any, sums: Any, g: Any, x: Any, weight: Any, mean: Any, rstd: Any, step: int) -> None:
    if x.size <= SERIAL:
        for chunk in range(sums.shape[1]):
            _descend(d, sums, g, x, weight, mean, rstd, chunk, step)
    else:
        for chunk in prange(sums.shape[1]):
            _descend(d, sums, g, x, weight, mean, rstd, chunk, step)


def _layer_norm(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    y, mean, rstd = outputs
    x, weight, bias = inputs
    normalized_shape, eps = attributes
    width = math.prod(normalized_shape)
    ones, zeros = carve(scratch, width, width)
    _normalise_all(
        y.reshape(-1, width),
        mean.reshape(-1),
        rstd.reshape(-1),
        x.reshape(-1, width),
        spread(ones, weight, 1),
        spread(zeros, bias, 0),
        float(eps),
        rows_together(width),
    )


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    x, *others = inputs
    return is_plain(x) and x.size > 0 and all(each is None or is_plain(each) for each in others)


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    width = math.prod(attributes[0])
    return room(width, width)


def _layer_norm_backward(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    d, weight_gradient, bias_gradient = outputs
    g, x, weight, mean, rstd = inputs
    width = math.prod(attributes[0])
    chunks = chunks_of_rows(x.size, width)
    total, sums, ones = carve(scratch, 2 * width, 2 * chunks * width, width)
    sums = sums.reshape(2, chunks, width)
    _descend_all(
        d.reshape(-1, width),
        sums,
        g.reshape(-1, width),
        x.reshape(-1, width),
        spread(ones, weight, 1),
        mean.reshape(-1),
        rstd.reshape(-1),
        rows_together(width),
    )
    for gradient, parts in zip((weight_gradient, bias_gradient), sums, strict=True):
        add_rows(gradient.reshape(-1), total.view(np.float64), parts)


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, x, weight, mean, rstd = inputs
    known = all(map(is_plain, (g, x, mean, rstd)))
    return known and x.size > 0 and g.shape == x.shape and (weight is None or is_plain(weight))


def _scratch_of_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    width = math.prod(attributes[0])
    return room(2 * width, 2 * chunks_of_rows(inputs[1].size, width) * width, width)


layer_norm = Kernel(_layer_norm, _accepts, _scratch, least=LEAST, fixed=True)
layer_norm_backward = Kernel(_layer_norm_backward, _accepts_gradient, _scratch_of_gradient, least=LEAST, fixed=True)
