"""LSTM over whole sequences: each thread runs its rows of the batch from the first step to the last, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.exponential import ONE, sigmoid, tanh
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.recurrent_products import multiply_states
from engine.kernels.cpu.recurrent_shares import LEAST, add_row, copy_row, is_plain_like, point_at_rows, room, shares
from engine.kernels.kernel import Kernel


# Each loop touches few enough arrays for the compiler to make sure that they do not overlap, and to vectorise it.
@compiled
def _open(opened: Any, sums: Any, brought: Any, size: int) -> None:
    for i in range(2 * size):
        opened[i] = sigmoid(sums[i] + brought[i])
    proposal, sum_of_proposal, brought_there = opened[2 * size :], sums[2 * size :], brought[2 * size :]
    for i in range(size):
        proposal[i] = tanh(sum_of_proposal[i] + brought_there[i])
    show, sum_of_show, brought_to_show = opened[3 * size :], sums[3 * size :], brought[3 * size :]
    for i in range(size):
        show[i] = sigmoid(sum_of_show[i] + brought_to_show[i])


@compiled
def _follow(opened: Any, cell: Any, kept: Any, hidden: Any, output: Any, size: int) -> None:
    """The next cell, f cell + i g, which `kept` gets too, and hidden state, o tanh(cell), which `output` gets too."""
    accept, keep = opened[:size], opened[size : 2 * size]
    proposal, show = opened[2 * size : 3 * size], opened[3 * size :]
    for i in range(size):
        cell[i] = kept[i] = keep[i] * cell[i] + accept[i] * proposal[i]
    for i in range(size):
        hidden[i] = output[i] = show[i] * tanh(cell[i])


@compiled
def _run(
    outputs: Any,
    hidden: Any,
    cell: Any,
    cells: Any,
    opened: Any,
    brought: Any,
    steps: Any,
    packed: int,
    first: int,
    last: int,
    sums: Any,
) -> None:
    size = hidden.shape[1]
    addresses = np.empty(sums.shape[0], np.intp)
    for step in range(steps.shape[0]):
        start, running = steps[step, 0], min(last, steps[step, 1])
        if running <= first:
            continue
        multiply_states(point_at_rows(addresses, hidden, first, running - first), packed, 4 * size, size, sums)
        for row in range(first, running):
            place = start + row
            _open(opened[place], sums[row - first], brought[place], size)
            _follow(opened[place], cell[row], cells[place], hidden[row], outputs[place], size)


@parallel
def _run_shares(
    outputs: Any,
    hidden: Any,
    cell: Any,
    cells: Any,
    opened: Any,
    brought: Any,
    steps: Any,
    packed: int,
    products: Any,
) -> None:
    rows = products.shape[1]
    for share in prange(products.shape[0]):
        first = share * rows
        last = min(first + rows, hidden.shape[0])
        _run(outputs, hidden, cell, cells, opened, brought, steps, packed, first, last, products[share])


@compiled
def _close(sums: Any, inwards: Any, through: Any, before: Any, following: Any, opened: Any, size: int) -> None:
    """The gradient of the sums, and in `inwards` that of the cell before, from those of cell and hidden state."""
    accept, keep = opened[:size], opened[size : 2 * size]
    proposal, show = opened[2 * size : 3 * size], opened[3 * size :]
    to_accept, to_keep = sums[:size], sums[size : 2 * size]
    to_proposal, to_show = sums[2 * size : 3 * size], sums[3 * size :]
    for i in range(size):
        shown = tanh(following[i])
        to_show[i] = through[i] * shown * show[i] * (ONE - show[i])
        inwards[i] += through[i] * show[i] * (ONE - shown * shown)
    for i in range(size):
        to_accept[i] = inwards[i] * proposal[i] * accept[i] * (ONE - accept[i])
        to_proposal[i] = inwards[i] * accept[i] * (ONE - proposal[i] * proposal[i])
    for i in range(size):
        to_keep[i] = inwards[i] * before[i] * keep[i] * (ONE - keep[i])
        inwards[i] *= keep[i]


@compiled
def _return(
    sums: Any,
    hidden: Any,
    inwards: Any,
    upstream: Any,
    cell: Any,
    cells: Any,
    opened: Any,
    steps: Any,
    packed: int,
    first: int,
    last: int,
    product: Any,
) -> None:
    size = hidden.shape[1]
    addresses = np.empty(product.shape[0], np.intp)
    for step in range(steps.shape[0]):
        start, running = steps[step, 0], min(last, steps[step, 1])
        if running <= first:
            continue
        # Steps are walked from the last: the one before in time comes next.
        earlier, known = (steps[step + 1, 0], steps[step + 1, 1]) if step + 1 < steps.shape[0] else (0, 0)
        for row in range(first, running):
            place = start + row
            if upstream.shape[0]:
                add_row(hidden[row], upstream[place])
            before = cells[earlier + row] if row < known else cell[row]
            _close(sums[place], inwards[row], hidden[row], before, cells[place], opened[place], size)
        multiply_states(point_at_rows(addresses, sums, start + first, running - first), packed, size, 4 * size, product)
        for row in range(first, running):
            copy_row(hidden[row], product[row - first])


@parallel
def _return_shares(
    sums: Any,
    hidden: Any,
    inwards: Any,
    upstream: Any,
    cell: Any,
    cells: Any,
    opened: Any,
    steps: Any,
    packed: int,
    products: Any,
) -> None:
    rows = products.shape[1]
    for share in prange(products.shape[0]):
        first = share * rows
        last = min(first + rows, hidden.shape[0])
        _return(sums, hidden, inwards, upstream, cell, cells, opened, steps, packed, first, last, products[share])


def _forward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    states, last_hidden, last_cell, cells, opened = outputs
    brought, weight, hidden, cell = inputs
    sizes, from_end = attributes
    last_hidden[...], last_cell[...] = hidden, cell
    work = shares(scratch, sizes, from_end, len(hidden), weight.T)
    _run_shares(states, last_hidden, last_cell, cells, opened, brought, *work)


def _backward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    sums, to_hidden, to_cell = outputs
    g_outputs, g_hidden, g_cell, _, _, weight, cell, cells, opened = inputs
    sizes, from_end = attributes
    to_hidden[...] = 0 if g_hidden is None else g_hidden
    to_cell[...] = 0 if g_cell is None else g_cell
    upstream = cells[:0] if g_outputs is None else g_outputs
    work = shares(scratch, sizes, not from_end, len(cell), weight)
    _return_shares(sums, to_hidden, to_cell, upstream, cell, cells, opened, *work)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    return all(map(is_plain, inputs)) and inputs[0].size > 0


def _accepts_gradients(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g_outputs, _, _, g_cells, g_opened, *kept = inputs
    *_, cells, _ = kept
    plain = all(map(is_plain, kept)) and (g_outputs is None or is_plain_like(g_outputs, cells))
    return plain and g_cells is None and g_opened is None and kept[-1].size > 0


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(len(attributes[0]), len(inputs[2]), inputs[1].T)


def _scratch_of_gradients(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(len(attributes[0]), len(inputs[6]), inputs[5])


lstm_sequence = Kernel(_forward, _accepts, _scratch, least=LEAST)
lstm_sequence_backward = Kernel(_backward, _accepts_gradients, _scratch_of_gradients, least=LEAST)
