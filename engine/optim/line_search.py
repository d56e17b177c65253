"""A line search that ends where both strong Wolfe conditions hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np


class Trial(NamedTuple):
    """A point on the line: how far along, the loss, the gradient, and the gradient's slope along the line."""

    at: float
    value: float
    gradient: Any
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Trial],
    start: Trial,
    first: float,
    *,
    longest: float,
    most: int,
    sufficient: float = 1e-4,
    curvature: float = 0.9,
    tolerance: float = 1e-9,
) -> tuple[Trial, int]:
    """A point with f ≤ f₀ + c₁ t f₀' and |f'| ≤ −c₂ f₀', and how often f was evaluated; else the best that was met.

    `first` is tried first; `longest` is the direction's largest element, and intervals shorter than `tolerance` over it
    are given up; `most` evaluations follow the first at the most. Nocedal and Wright, "Numerical optimization", 2006,
    algorithms 3.5 and 3.6, with cubic interpolation, as torch.optim.LBFGS has it.
    """

    def too_high(trial: Trial) -> bool:
        return trial.value > start.value + sufficient * trial.at * start.slope

    def is_flat(trial: Trial) -> bool:
        return abs(trial.slope) <= -curvature * start.slope

    before, trial = start, evaluate(first)
    steps = 0
    while steps < most:
        if too_high(trial) or (steps > 1 and trial.value >= before.value):
            break
        if is_flat(trial):
            return trial, steps + 1
        if trial.slope >= 0:
            break
        bounds = (trial.at + 0.01 * (trial.at - before.at), trial.at * 10)
        before, trial = trial, evaluate(cubic_minimum(before, trial, bounds))
        steps += 1
    else:
        before = start

    ends = [before, trial]
    low = lower_of(ends)
    near_an_end = False
    while steps < most and abs(ends[1].at - ends[0].at) * longest >= tolerance:
        at, near_an_end = kept_inside(cubic_minimum(ends[0], ends[1]), ends, near_an_end)
        new = evaluate(at)
        steps += 1
        if too_high(new) or new.value >= ends[low].value:
            ends[1 - low] = new
            low = lower_of(ends)
            continue
        if is_flat(new):
            return new, steps + 1
        if new.slope * (ends[1 - low].at - ends[low].at) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = new
    return ends[low], steps + 1


def lower_of(ends: Sequence[Trial]) -> int:
    """Which of the two ends has the lower value, the first where they are equal."""
    return 0 if ends[0].value <= ends[1].value else 1


def kept_inside(at: float, ends: Sequence[Trial], again: bool) -> tuple[float, bool]:
    """A point, a tenth into the interval where it is on an end or near one `again`; and whether it is near one."""
    left, right = sorted(end.at for end in ends)
    margin = 0.1 * (right - left)
    if min(right - at, at - left) >= margin:
        return at, False
    if again or at >= right or at <= left:
        return (right - margin if abs(at - right) < abs(at - left) else left + margin), False
    return at, True


def cubic_minimum(first: Trial, second: Trial, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points with their slopes is least, within `bounds`; else the middle of them.

    The bounds are the points themselves, unless given. Nocedal and Wright, equation 3.59.
    """
    left, right = (first, second) if first.at <= second.at else (second, first)
    least, most = bounds or (left.at, right.at)
    with np.errstate(all="ignore"):
        inner = left.slope + right.slope - 3 * np.divide(left.value - right.value, left.at - right.at)
        square = inner**2 - left.slope * right.slope
        if not square >= 0:
            return (least + most) / 2
        root = np.sqrt(square)
        share = np.divide(right.slope + root - inner, right.slope - left.slope + 2 * root)
        return float(min(max(right.at - (right.at - left.at) * share, least), most))
