"""Rows of the gates of recurrent steps."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from engine.ops.sequences import recurrent_gates as ops
from engine.testing.row import Sample, row, sample

STATES = [(3, 4), (5,), (0, 2), (2, 3, 1)]


def calls(count: int) -> Any:
    """The two parts of the sums, and a state."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        gates = [(*shape[:-1], count * shape[-1]) for shape in STATES]
        return [
            sample(rng.normal(size=wide), rng.normal(size=wide), rng.normal(size=shape))
            for wide, shape in zip(gates, STATES, strict=True)
        ]

    return draw


def long_short_term(input_gates: np.ndarray, hidden_gates: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, ...]:
    i, f, g, o = np.split(input_gates + hidden_gates, 4, -1)
    following = expit(f) * cell + expit(i) * np.tanh(g)
    opened = np.concatenate([expit(i), expit(f), np.tanh(g), expit(o)], -1)
    return expit(o) * np.tanh(following), following, opened


def gated(input_gates: np.ndarray, hidden_gates: np.ndarray, hidden: np.ndarray) -> tuple[np.ndarray, ...]:
    (xr, xz, xn), (hr, hz, hn) = np.split(input_gates, 3, -1), np.split(hidden_gates, 3, -1)
    r, z = expit(xr + hr), expit(xz + hz)
    n = np.tanh(xn + r * hn)
    return (1 - z) * n + z * hidden, np.concatenate([r, z, n], -1)


def numeric(function: Any, upstream: tuple[Any, ...], values: list[np.ndarray], position: int) -> np.ndarray:
    """The gradient of Σ upstream · function by central differences."""
    gradient = np.zeros_like(values[position])
    for place in np.ndindex(gradient.shape):
        sides = []
        for nudge in (1e-5, -1e-5):
            moved = [each.copy() for each in values]
            moved[position][place] += nudge
            outputs = function(*moved)
            sides.append(sum((g * y).sum() for g, y in zip(upstream, outputs, strict=True) if g is not None))
        gradient[place] = (sides[0] - sides[1]) / 2e-5
    return gradient


def long_short_backward(g_hidden: Any, g_following: Any, g_opened: Any, cell: Any, following: Any, opened: Any) -> Any:
    i, f, g, o = np.split(opened, 4, -1)
    sums = np.concatenate([np.log(i / (1 - i)), np.log(f / (1 - f)), np.arctanh(g), np.log(o / (1 - o))], -1)
    values, upstream = [sums, np.zeros_like(sums), cell], (g_hidden, g_following, g_opened)
    return numeric(long_short_term, upstream, values, 0), numeric(long_short_term, upstream, values, 2)


def gated_backward(g_following: Any, g_opened: Any, hidden_gates: Any, hidden: Any, opened: Any) -> Any:
    (r, z, n), (hr, hz, hn) = np.split(opened, 3, -1), np.split(hidden_gates, 3, -1)
    sums = np.concatenate([np.log(r / (1 - r)) - hr, np.log(z / (1 - z)) - hz, np.arctanh(n) - r * hn], -1)
    values, upstream = [sums, hidden_gates, hidden], (g_following, g_opened)
    return tuple(numeric(gated, upstream, values, position) for position in range(3))


def long_short_backward_calls(rng: np.random.Generator) -> list[Sample]:
    drawn = []
    for each in calls(4)(rng):
        hidden, following, opened = long_short_term(*each.args)
        upstream = [rng.normal(size=part.shape) for part in (hidden, following, opened)]
        drawn.append(sample(*upstream, each.args[2], following, opened))
    g_hidden, g_following, _, *kept = drawn[0].args
    drawn += [sample(g_hidden, None, None, *kept), sample(None, g_following, None, *kept)]
    return drawn


def gated_backward_calls(rng: np.random.Generator) -> list[Sample]:
    drawn = []
    for each in calls(3)(rng):
        following, opened = gated(*each.args)
        upstream = [rng.normal(size=part.shape) for part in (following, opened)]
        drawn.append(sample(*upstream, each.args[1], each.args[2], opened))
    g_following, g_opened, *kept = drawn[0].args
    drawn += [sample(g_following, None, *kept), sample(None, g_opened, *kept)]
    return drawn


row(ops.long_short_term_gates, long_short_term, calls(4))
row(ops.gated_unit, gated, calls(3))
row(ops.long_short_term_backward, long_short_backward, long_short_backward_calls, rtol=1e-7)
row(ops.gated_unit_backward, gated_backward, gated_backward_calls, rtol=1e-7)
