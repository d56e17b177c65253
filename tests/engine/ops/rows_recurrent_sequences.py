"""Rows of recurrent layers over whole sequences: each sequence alone and one step at a time is the oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

from engine.ops.sequences import recurrent_gru, recurrent_lstm, recurrent_rnn
from engine.testing.row import Sample, row, sample

Sizes = tuple[int, ...]

RUNS: list[tuple[Sizes, bool]] = [
    ((3, 3, 3), False),
    ((3, 3, 3), True),
    ((4, 2, 2, 1), False),
    ((4, 2, 2, 1), True),
    ((1,), False),
]
# More rows than one share takes, panels and tiles that are not full, sequences that end inside of a tile.
LARGE_RUNS: list[tuple[Sizes, bool, int]] = [
    ((130, 130, 130, 130), False, 128),
    ((45,) * 12, True, 33),
    ((77, 70, 64, 13, 12, 5, 1), False, 70),
    ((77, 70, 64, 13, 12, 5, 1), True, 70),
]


def places(sizes: Sizes, from_end: bool, sequence: int) -> list[int]:
    """Where the elements of a sequence lie in the packed data, in the order in which they are walked."""
    starts = np.cumsum((0, *sizes))
    found = [int(start) + sequence for start, running in zip(starts, sizes, strict=False) if sequence < running]
    return found[::-1] if from_end else found


def lstm(brought: Any, weight: Any, hidden: Any, cell: Any, sizes: Sizes, from_end: bool) -> tuple[np.ndarray, ...]:
    size, rows = hidden.shape[1], len(brought)
    outputs, cells, opened = np.zeros((rows, size)), np.zeros((rows, size)), np.zeros((rows, 4 * size))
    hidden, cell = hidden.copy(), cell.copy()
    for sequence in range(len(hidden)):
        for place in places(sizes, from_end, sequence):
            i, f, g, o = np.split(brought[place] + weight @ hidden[sequence], 4)
            cell[sequence] = cells[place] = expit(f) * cell[sequence] + expit(i) * np.tanh(g)
            hidden[sequence] = outputs[place] = expit(o) * np.tanh(cell[sequence])
            opened[place] = np.concatenate([expit(i), expit(f), np.tanh(g), expit(o)])
    return outputs, hidden, cell, cells, opened


def lstm_backward(
    g_outputs: Any,
    g_hidden: Any,
    g_cell: Any,
    g_cells: Any,
    g_opened: Any,
    weight: Any,
    cell: Any,
    cells: Any,
    opened: Any,
    sizes: Sizes,
    from_end: bool,
) -> tuple[np.ndarray, ...]:
    sums, to_hidden, to_cell = np.zeros_like(opened), np.zeros_like(cell), np.zeros_like(cell)
    for sequence in range(len(cell)):
        walked = places(sizes, from_end, sequence)
        to_h = 0 if g_hidden is None else g_hidden[sequence]
        to_c = 0 if g_cell is None else g_cell[sequence]
        for number, place in reversed(list(enumerate(walked))):
            before = cells[walked[number - 1]] if number else cell[sequence]
            i, f, g, o = np.split(opened[place], 4)
            shown = np.tanh(cells[place])
            to_h = to_h + (0 if g_outputs is None else g_outputs[place])
            to_c = to_c + to_h * o * (1 - shown**2) + (0 if g_cells is None else g_cells[place])
            upstream = np.concatenate([to_c * g, to_c * before, to_c * i, to_h * shown])
            upstream = upstream + (0 if g_opened is None else g_opened[place])
            sums[place] = upstream * np.concatenate([i * (1 - i), f * (1 - f), 1 - g**2, o * (1 - o)])
            to_h, to_c = sums[place] @ weight, to_c * f
        to_hidden[sequence], to_cell[sequence] = to_h, to_c
    return sums, to_hidden, to_cell


def gru(brought: Any, weight: Any, bias: Any, hidden: Any, sizes: Sizes, from_end: bool) -> tuple[np.ndarray, ...]:
    size, rows = hidden.shape[1], len(brought)
    outputs, offered, opened = np.zeros((rows, size)), np.zeros((rows, size)), np.zeros((rows, 3 * size))
    hidden = hidden.copy()
    for sequence in range(len(hidden)):
        for place in places(sizes, from_end, sequence):
            xr, xz, xn = np.split(brought[place], 3)
            hr, hz, hn = np.split(weight @ hidden[sequence] + (0 if bias is None else bias), 3)
            r, z = expit(xr + hr), expit(xz + hz)
            n = np.tanh(xn + r * hn)
            hidden[sequence] = outputs[place] = (1 - z) * n + z * hidden[sequence]
            offered[place], opened[place] = hn, np.concatenate([r, z, n])
    return outputs, hidden, offered, opened


def gru_backward(
    g_outputs: Any,
    g_hidden: Any,
    g_offered: Any,
    g_opened: Any,
    weight: Any,
    hidden: Any,
    outputs: Any,
    offered: Any,
    opened: Any,
    sizes: Sizes,
    from_end: bool,
) -> tuple[np.ndarray, ...]:
    to_input, to_product, to_hidden = np.zeros_like(opened), np.zeros_like(opened), np.zeros_like(hidden)
    for sequence in range(len(hidden)):
        walked = places(sizes, from_end, sequence)
        to_h = 0 if g_hidden is None else g_hidden[sequence]
        for number, place in reversed(list(enumerate(walked))):
            before = outputs[walked[number - 1]] if number else hidden[sequence]
            r, z, n = np.split(opened[place], 3)
            to_r, to_z, to_n = np.split(np.zeros(3 * len(r)) if g_opened is None else g_opened[place], 3)
            to_h = to_h + (0 if g_outputs is None else g_outputs[place])
            for_n = (to_n + to_h * (1 - z)) * (1 - n**2)
            for_z = (to_z + to_h * (before - n)) * z * (1 - z)
            for_r = (to_r + for_n * offered[place]) * r * (1 - r)
            further = 0 if g_offered is None else g_offered[place]
            to_input[place] = np.concatenate([for_r, for_z, for_n])
            to_product[place] = np.concatenate([for_r, for_z, for_n * r + further])
            to_h = to_h * z + to_product[place] @ weight
        to_hidden[sequence] = to_h
    return to_input, to_product, to_hidden


def rnn(
    brought: Any, weight: Any, hidden: Any, nonlinearity: str, sizes: Sizes, from_end: bool
) -> tuple[np.ndarray, ...]:
    outputs, hidden = np.zeros_like(brought), hidden.copy()
    for sequence in range(len(hidden)):
        for place in places(sizes, from_end, sequence):
            total = brought[place] + weight @ hidden[sequence]
            hidden[sequence] = outputs[place] = np.tanh(total) if nonlinearity == "tanh" else np.maximum(total, 0)
    return outputs, hidden


def rnn_backward(
    g_outputs: Any, g_hidden: Any, weight: Any, outputs: Any, nonlinearity: str, sizes: Sizes, from_end: bool
) -> tuple[np.ndarray, ...]:
    sums, to_hidden = np.zeros_like(outputs), np.zeros((sizes[0], outputs.shape[1]))
    for sequence in range(sizes[0]):
        to_h = 0 if g_hidden is None else g_hidden[sequence]
        for place in reversed(places(sizes, from_end, sequence)):
            slope = 1 - outputs[place] ** 2 if nonlinearity == "tanh" else outputs[place] > 0
            sums[place] = (to_h + (0 if g_outputs is None else g_outputs[place])) * slope
            to_h = sums[place] @ weight
        to_hidden[sequence] = to_h
    return sums, to_hidden


def small(size: int = 2) -> list[tuple[Sizes, bool, int]]:
    return [(sizes, from_end, size) for sizes, from_end in RUNS]


def weight_of(rng: np.random.Generator, gates: int, size: int) -> np.ndarray:
    return rng.normal(size=(gates * size, size)) / size**0.5


def lstm_calls(runs: list[tuple[Sizes, bool, int]]) -> Any:
    def draw(rng: np.random.Generator) -> list[Sample]:
        return [
            sample(
                rng.normal(size=(sum(sizes), 4 * size)),
                weight_of(rng, 4, size),
                *(rng.normal(size=(sizes[0], size)) for _ in range(2)),
                sizes,
                from_end,
            )
            for sizes, from_end, size in runs
        ]

    return draw


def lstm_backward_calls(runs: list[tuple[Sizes, bool, int]]) -> Any:
    """With a gradient of every output; with that of one output alone; as training asks."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        drawn = []
        for number, each in enumerate(lstm_calls(runs)(rng)):
            _, weight, _, cell, sizes, from_end = each.args
            ran = lstm(*each.args)
            upstream: list[Any] = [rng.normal(size=part.shape) for part in ran]
            kept = weight, cell, ran[3], ran[4], sizes, from_end
            drawn += [sample(*upstream, *kept), sample(upstream[0], None, None, None, None, *kept)]
            alone = [given if place == number % 5 else None for place, given in enumerate(upstream)]
            drawn += [sample(*alone, *kept), sample(None, *upstream[1:3], None, None, *kept)]
        return drawn

    return draw


def gru_calls(runs: list[tuple[Sizes, bool, int]]) -> Any:
    def draw(rng: np.random.Generator) -> list[Sample]:
        return [
            sample(
                rng.normal(size=(sum(sizes), 3 * size)),
                weight_of(rng, 3, size),
                None if number == 1 else rng.normal(size=3 * size),
                rng.normal(size=(sizes[0], size)),
                sizes,
                from_end,
            )
            for number, (sizes, from_end, size) in enumerate(runs)
        ]

    return draw


def gru_backward_calls(runs: list[tuple[Sizes, bool, int]]) -> Any:
    def draw(rng: np.random.Generator) -> list[Sample]:
        drawn = []
        for number, each in enumerate(gru_calls(runs)(rng)):
            _, weight, _, hidden, sizes, from_end = each.args
            ran = gru(*each.args)
            upstream: list[Any] = [rng.normal(size=part.shape) for part in ran]
            kept = weight, hidden, ran[0], ran[2], ran[3], sizes, from_end
            drawn += [sample(*upstream, *kept), sample(upstream[0], None, None, None, *kept)]
            alone = [given if place == number % 4 else None for place, given in enumerate(upstream)]
            drawn += [sample(*alone, *kept), sample(None, upstream[1], None, None, *kept)]
        return drawn

    return draw


def rnn_calls(runs: list[tuple[Sizes, bool, int]], nonlinearity: str) -> Any:
    def draw(rng: np.random.Generator) -> list[Sample]:
        return [
            sample(
                rng.normal(size=(sum(sizes), size)),
                weight_of(rng, 1, size),
                rng.normal(size=(sizes[0], size)),
                nonlinearity,
                sizes,
                from_end,
            )
            for sizes, from_end, size in runs
        ]

    return draw


def rnn_backward_calls(runs: list[tuple[Sizes, bool, int]], nonlinearity: str) -> Any:
    def draw(rng: np.random.Generator) -> list[Sample]:
        drawn = []
        for each in rnn_calls(runs, nonlinearity)(rng):
            _, weight, hidden, *rest = each.args
            outputs, _ = rnn(*each.args)
            upstream = rng.normal(size=outputs.shape), rng.normal(size=hidden.shape)
            kept = weight, outputs, *rest
            drawn += [sample(*upstream, *kept), sample(upstream[0], None, *kept), sample(None, upstream[1], *kept)]
        return drawn

    return draw


row(recurrent_lstm.lstm_sequence, lstm, lstm_calls(small()), large=lstm_calls(LARGE_RUNS))
row(
    recurrent_lstm.lstm_sequence_backward,
    lstm_backward,
    lstm_backward_calls(small()),
    large=lstm_backward_calls(LARGE_RUNS),
)
row(recurrent_gru.gru_sequence, gru, gru_calls(small()), large=gru_calls(LARGE_RUNS))
row(
    recurrent_gru.gru_sequence_backward,
    gru_backward,
    gru_backward_calls(small()),
    large=gru_backward_calls(LARGE_RUNS),
)
for activation in ("tanh", "relu"):
    row(
        recurrent_rnn.rnn_sequence,
        rnn,
        rnn_calls(small(), activation),
        large=rnn_calls(LARGE_RUNS, activation),
        label=activation,
    )
    row(
        recurrent_rnn.rnn_sequence_backward,
        rnn_backward,
        rnn_backward_calls(small(), activation),
        large=rnn_backward_calls(LARGE_RUNS, activation),
        # Where relu gave zero, its slope has a kink.
        constants=(3,) if activation == "relu" else (),
        label=activation,
    )
