"""Root mean square normalisation: each row brought to mean square 1, and its gradients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.chunks import LEAST, SERIAL
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.layer_normalisation import chunks_of_rows, rows_together
from engine.kernels.cpu.moments import add_rows, mean_square
from engine.kernels.cpu.scratch import carve, room, spread
from engine.kernels.kernel import Kernel

_SMALLEST = float(np.finfo(np.float32).eps)


@compiled
def _normalise(y: Any, rrms: Any, x: Any, weight: Any, eps: float, first: int, last: int) -> None:
    for row in range(first, last):
        scale = np.float32(1 / np.sqrt(mean_square(x, row) + eps))
        rrms[row] = scale
        for i in range(x.shape[1]):
            y[row, i] = x[row, i] * scale * weight[i]


@parallel
def _normalise_all(y: Any, rrms: Any, x: Any, weight: Any, eps: float, step: int) -> None:
    rows = x.shape[0]
    if x.size <= SERIAL:
        _normalise(y, rrms, x, weight, eps, 0, rows)
    else:
        for chunk in prange((rows + step - 1) // step):
            first = chunk * step
            _normalise(y, rrms, x, weight, eps, first, min(first + step, rows))


@compiled
def _descend(d: Any, sums: Any, g: Any, x: Any, weight: Any, rrms: Any, chunk: int, step: int) -> None:
    """The input's gradient, g̃ = g · weight: (g̃ - x̂ · mean(g̃ · x̂)) · rrms; the sum of g · x̂."""
    width = x.shape[1]
    sums[chunk] = 0
    for row in range(chunk * step, min(chunk * step + step, x.shape[0])):
        scale, along = rrms[row], np.float32(0)
        for i in range(width):
            product = g[row, i] * (x[row, i] * scale)
            sums[chunk, i] += product
            along += product * weight[i]
        slope = np.float32(along * scale / width)
        for i in range(width):
            d[row, i] = (g[row, i] * weight[i] - x[row, i] * slope) * scale


@parallel
def _descend_all(d: Any, sums: Any, g: Any, x: Any, weight: Any, rrms: Any, step: int) -> None:
    if x.size <= SERIAL:
        for chunk in range(sums.shape[0]):
            _descend(d, sums, g, x, weight, rrms, chunk, step)
    else:
        for chunk in prange(sums.shape[0]):
            _descend(d, sums, g, x, weight, rrms, chunk, step)


def _rms_norm(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    y, rrms = outputs
    x, weight = inputs
    normalized_shape, eps = attributes
    width = math.prod(normalized_shape)
    (ones,) = carve(scratch, width)
    _normalise_all(
        y.reshape(-1, width),
        rrms.reshape(-1),
        x.reshape(-1, width),
        spread(ones, weight, 1),
        _SMALLEST if eps is None else float(eps),
        rows_together(width),
    )


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    x, weight = inputs
    return is_plain(x) and x.size > 0 and (weight is None or is_plain(weight))


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(math.prod(attributes[0]))


def _rms_norm_backward(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    d, weight_gradient = outputs
    g, x, weight, rrms = inputs
    width = math.prod(attributes[0])
    chunks = chunks_of_rows(x.size, width)
    total, sums, ones = carve(scratch, 2 * width, chunks * width, width)
    sums = sums.reshape(chunks, width)
    _descend_all(
        d.reshape(-1, width),
        sums,
        g.reshape(-1, width),
        x.reshape(-1, width),
        spread(ones, weight, 1),
        rrms.reshape(-1),
        rows_together(width),
    )
    add_rows(weight_gradient.reshape(-1), total.view(np.float64), sums)


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, x, weight, rrms = inputs
    known = all(map(is_plain, (g, x, rrms)))
    return known and x.size > 0 and g.shape == x.shape and (weight is None or is_plain(weight))


def _scratch_of_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    width = math.prod(attributes[0])
    return room(2 * width, chunks_of_rows(inputs[1].size, width) * width, width)


rms_norm = Kernel(_rms_norm, _accepts, _scratch, least=LEAST, fixed=True)
rms_norm_backward = Kernel(_rms_norm_backward, _accepts_gradient, _scratch_of_gradient, least=LEAST, fixed=True)
