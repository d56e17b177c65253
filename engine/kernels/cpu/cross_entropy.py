"""Cross entropy of rows of logits against class numbers, and its gradient, in which the softmax is made anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import INT64, is_plain
from engine.kernels.cpu.chunks import SERIAL
from engine.kernels.cpu.exponential import ONE, divided, exp, log
from engine.kernels.cpu.extremes import highest_of
from engine.kernels.cpu.jit import compiled, inlined, parallel, prange
from engine.kernels.cpu.scratch import carve, room
from engine.kernels.cpu.softmax import rows_together
from engine.kernels.kernel import Kernel

# The references take two dozen array operations: a hundred logits take as long as none.
_LEAST = 1 << 9
# Numbers that fill the widest vectors.
_LANES = 16
_ZERO = np.float32(0)
_NO_WEIGHT = np.empty(0, np.float32)


@inlined
def _total_power(row: Any, highest: Any) -> Any:
    """Σ exp(x - highest); the last elements again as a whole vector, of which those that are new count."""
    whole = row.size - row.size % _LANES
    total = _ZERO
    if whole == 0:
        for i in range(row.size):
            total += exp(row[i] - highest)
        return total
    body, tail = row[:whole], row[row.size - _LANES :]
    for i in range(body.size):
        total += exp(body[i] - highest)
    if whole < row.size:
        known = whole - (row.size - _LANES)
        for i in range(_LANES):
            total += exp(tail[i] - highest) if i >= known else _ZERO
    return total


@inlined
def _loss_over_all(row: Any, highest: Any, logarithm: Any, weight: Any) -> Any:
    """-Σ w_k log p_k."""
    total = _ZERO
    if weight.size:
        for i in range(row.size):
            total += weight[i] * (logarithm - (row[i] - highest))
    else:
        for i in range(row.size):
            total += logarithm - (row[i] - highest)
    return total


@compiled
def _lose(
    losses: Any, own: Any, highest: Any, total: Any, x: Any, target: Any, weight: Any, ignored: int, smoothing: Any
) -> None:
    """The loss and the weight of each row, and what the softmax of the row is made from."""
    rows, classes = x.shape
    for row in range(rows):
        highest[row] = highest_of(x[row])
        total[row] = _total_power(x[row], highest[row])
        losses[row] = own[row] = _ZERO
        if target[row] != ignored:
            number, logarithm = target[row], log(total[row])
            own[row] = weight[number] if weight.size else ONE
            losses[row] = (logarithm - (x[row, number] - highest[row])) * own[row]
            if smoothing > _ZERO:
                over_all = _loss_over_all(x[row], highest[row], logarithm, weight)
                losses[row] = (ONE - smoothing) * losses[row] + smoothing / np.float32(classes) * over_all


@parallel
def _lose_in_parallel(
    losses: Any, own: Any, highest: Any, total: Any, x: Any, target: Any, weight: Any, ignored: int, smoothing: Any,
    step: int,
) -> None:  # fmt: skip
    rows = x.shape[0]
    for chunk in prange((rows + step - 1) // step):
        a, b = chunk * step, min(chunk * step + step, rows)
        _lose(losses[a:b], own[a:b], highest[a:b], total[a:b], x[a:b], target[a:b], weight, ignored, smoothing)


@compiled
def _reduce(loss: Any, losses: Any, own: Any, mean: bool) -> None:
    """The sum of the losses, divided by that of their weights for the mean."""
    total, weights = 0.0, 0.0
    for row in range(losses.size):
        total += losses[row]
        weights += own[row]
    loss[0] = total / weights if mean else total


@compiled
def _first_wrong(target: Any, classes: int, ignored: int) -> int:
    """Where the first class number that does not exist is, -1 where none is."""
    for row in range(target.size):
        if target[row] != ignored and not 0 <= target[row] < classes:
            return row
    return -1


@compiled
def _scale(
    scaled: Any, over_all: Any, g: Any, target: Any, weight: Any, ignored: int, classes: int, mean: bool
) -> None:
    """What comes from above, divided by the weight of the targets for the mean; the weight of all classes."""
    total, divisor = float(classes), 1.0
    if weight.size:
        total = 0.0
        for i in range(weight.size):
            total += weight[i]
    over_all[0] = total
    if mean:
        divisor = 0.0
        for row in range(target.size):
            if target[row] != ignored:
                divisor += float(weight[target[row]] if weight.size else ONE)
    for row in range(g.size):
        scaled[row] = g[row] / divisor


@compiled
def _descend(
    d: Any,
    g: Any,
    x: Any,
    target: Any,
    weight: Any,
    highest: Any,
    total: Any,
    ignored: int,
    smoothing: Any,
    over_all: Any,
) -> None:
    """`g (p Σ q - q)` of rows: q is the target, smoothed and weighted, `over_all` the weight of all classes."""
    rows, classes = x.shape
    for row in range(rows):
        shift = highest[row]
        for i in range(classes):
            d[row, i] = x[row, i] - shift
    powers = d.reshape(-1)
    for i in range(powers.size):
        powers[i] = exp(powers[i])
    even = smoothing / np.float32(classes)
    for row in range(rows):
        if target[row] == ignored:
            d[row] = _ZERO
            continue
        scale = g[row] if g.size > 1 else g[0]
        own = (weight[target[row]] if weight.size else ONE) * (ONE - smoothing)
        share, floor = scale * divided(own + even * over_all[0], total[row]), scale * even
        if weight.size:
            for i in range(classes):
                d[row, i] = d[row, i] * share - floor * weight[i]
        else:
            for i in range(classes):
                d[row, i] = d[row, i] * share - floor
        d[row, target[row]] -= scale * own


@parallel
def _descend_in_parallel(
    d: Any, g: Any, x: Any, target: Any, weight: Any, highest: Any, total: Any, ignored: int, smoothing: Any,
    over_all: Any, step: int,
) -> None:  # fmt: skip
    rows = x.shape[0]
    for chunk in prange((rows + step - 1) // step):
        a, b = chunk * step, min(chunk * step + step, rows)
        above = g[a:b] if g.size > 1 else g
        _descend(d[a:b], above, x[a:b], target[a:b], weight, highest[a:b], total[a:b], ignored, smoothing, over_all)


def out_of_range(number: int, classes: int) -> IndexError:
    """The refusal of a class number that does not exist."""
    return IndexError(f"Target {number} is out of bounds: there are {classes} classes, from 0.")


def _forward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    (loss, highest, total), (x, target, weight) = outputs, inputs
    ignored, reduction, smoothing = attributes
    wrong = _first_wrong(target, x.shape[1], int(ignored))
    if wrong >= 0:
        raise out_of_range(target[wrong], x.shape[1])
    losses, own = carve(scratch, len(x), len(x))
    losses = loss if reduction == "none" else losses
    weights = _NO_WEIGHT if weight is None else weight
    given = x, target, weights, int(ignored), np.float32(smoothing)
    if x.size > SERIAL:
        _lose_in_parallel(losses, own, highest.reshape(-1), total.reshape(-1), *given, rows_together(x.shape[1]))
    else:
        _lose(losses, own, highest.reshape(-1), total.reshape(-1), *given)
    if reduction != "none":
        _reduce(loss.reshape(1), losses, own, reduction == "mean")


def _backward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    g, x, target, weight, highest, total = inputs
    ignored, reduction, smoothing = attributes
    weights = _NO_WEIGHT if weight is None else weight
    scaled, over_all = carve(scratch, g.size, 1)
    _scale(scaled, over_all, g.reshape(-1), target, weights, int(ignored), x.shape[1], reduction == "mean")
    given = outputs[0], scaled, x, target, weights, highest.reshape(-1), total.reshape(-1), int(ignored)
    if x.size > SERIAL:
        _descend_in_parallel(*given, np.float32(smoothing), over_all, rows_together(x.shape[1]))
    else:
        _descend(*given, np.float32(smoothing), over_all)


def _are_rows(x: Any, target: Any, weight: Any) -> bool:
    if not (is_plain(x) and x.ndim == 2 and x.size > 0 and is_plain(target, INT64) and target.shape == x.shape[:1]):
        return False
    return weight is None or (is_plain(weight) and weight.shape == x.shape[1:])


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    return _are_rows(*inputs)


def _accepts_gradient(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g, *rows, highest, total = inputs
    return _are_rows(*rows) and is_plain(g) and is_plain(highest) and is_plain(total)


class_cross_entropy = Kernel(
    _forward, _accepts, scratch=lambda inputs, _: room(len(inputs[0]), len(inputs[0])), least=_LEAST
)
cross_entropy_backward = Kernel(
    _backward, _accepts_gradient, scratch=lambda inputs, _: room(inputs[0].size, 1), least=_LEAST, fixed=True
)
