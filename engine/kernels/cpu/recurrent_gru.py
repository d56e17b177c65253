"""GRU over whole sequences: each thread runs its rows of the batch from the first step to the last, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.exponential import ONE, sigmoid, tanh
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.recurrent_products import multiply_states
from engine.kernels.cpu.recurrent_shares import LEAST, add_row, copy_row, is_plain_like, point_at_rows, room, shares
from engine.kernels.cpu.vectors import BYTES
from engine.kernels.kernel import Kernel


# Each loop touches few enough arrays for the compiler to make sure that they do not overlap, and to vectorise it.
@compiled
def _follow(hidden: Any, output: Any, offered: Any, opened: Any, sums: Any, brought: Any, bias: Any, size: int) -> None:
    """r, z = σ and n = tanh of the sums; hidden ← n + z (hidden - n), which `output` gets too."""
    for i in range(2 * size):
        opened[i] = sigmoid(sums[i] + bias[i] + brought[i])
    reset, update, proposal = opened[:size], opened[size : 2 * size], opened[2 * size :]
    product, addend, given = sums[2 * size :], bias[2 * size :], brought[2 * size :]
    for i in range(size):
        offered[i] = product[i] + addend[i]
    for i in range(size):
        proposal[i] = tanh(given[i] + reset[i] * offered[i])
    for i in range(size):
        hidden[i] = output[i] = proposal[i] + update[i] * (hidden[i] - proposal[i])


@compiled
def _run(
    outputs: Any,
    hidden: Any,
    offered: Any,
    opened: Any,
    brought: Any,
    bias: Any,
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
        multiply_states(point_at_rows(addresses, hidden, first, running - first), packed, 3 * size, size, sums)
        for row in range(first, running):
            at = start + row
            _follow(hidden[row], outputs[at], offered[at], opened[at], sums[row - first], brought[at], bias, size)


@parallel
def _run_shares(
    outputs: Any,
    hidden: Any,
    offered: Any,
    opened: Any,
    brought: Any,
    bias: Any,
    steps: Any,
    packed: int,
    products: Any,
) -> None:
    rows = products.shape[1]
    for share in prange(products.shape[0]):
        first = share * rows
        last = min(first + rows, hidden.shape[0])
        _run(outputs, hidden, offered, opened, brought, bias, steps, packed, first, last, products[share])


@compiled
def _descend(to_input: Any, to_hidden: Any, upstream: Any, before: Any, offered: Any, opened: Any, size: int) -> None:
    """The gradients of both parts of the sums; `upstream`, that of the state after, keeps what z lets through."""
    reset, update, proposal = opened[:size], opened[size : 2 * size], opened[2 * size :]
    to_reset, to_update, to_proposal = to_input[:size], to_input[size : 2 * size], to_input[2 * size :]
    to_offered = to_hidden[2 * size :]
    for i in range(size):
        to_proposal[i] = upstream[i] * (ONE - update[i]) * (ONE - proposal[i] * proposal[i])
    for i in range(size):
        to_update[i] = upstream[i] * (before[i] - proposal[i]) * update[i] * (ONE - update[i])
    for i in range(size):
        to_reset[i] = to_proposal[i] * offered[i] * reset[i] * (ONE - reset[i])
        to_offered[i] = to_proposal[i] * reset[i]
    copy_row(to_hidden[: 2 * size], to_input)
    for i in range(size):
        upstream[i] *= update[i]


@compiled
def _return(
    to_input: Any,
    to_hidden: Any,
    carried: Any,
    upstream: Any,
    hidden: Any,
    outputs: Any,
    offered: Any,
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
            at = start + row
            if upstream.shape[0]:
                add_row(carried[row], upstream[at])
            before = outputs[earlier + row] if row < known else hidden[row]
            _descend(to_input[at], to_hidden[at], carried[row], before, offered[at], opened[at], size)
        addresses_now = point_at_rows(addresses, to_hidden, start + first, running - first)
        multiply_states(addresses_now, packed, size, 3 * size, product)
        for row in range(first, running):
            add_row(carried[row], product[row - first])


@parallel
def _return_shares(
    to_input: Any,
    to_hidden: Any,
    carried: Any,
    upstream: Any,
    hidden: Any,
    outputs: Any,
    offered: Any,
    opened: Any,
    steps: Any,
    packed: int,
    products: Any,
) -> None:
    rows = products.shape[1]
    for share in prange(products.shape[0]):
        first = share * rows
        last = min(first + rows, hidden.shape[0])
        _return(
            to_input,
            to_hidden,
            carried,
            upstream,
            hidden,
            outputs,
            offered,
            opened,
            steps,
            packed,
            first,
            last,
            products[share],
        )


def _forward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    states, last_hidden, offered, opened = outputs
    brought, weight, bias, hidden = inputs
    sizes, from_end = attributes
    last_hidden[...] = hidden
    addend = scratch[-len(weight) * BYTES :].view(np.float32)
    addend[...] = 0 if bias is None else bias
    work = shares(scratch, sizes, from_end, len(hidden), weight.T)
    _run_shares(states, last_hidden, offered, opened, brought, addend, *work)


def _backward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    to_input, to_hidden, carried = outputs
    g_outputs, g_hidden, _, _, weight, hidden, states, offered, opened = inputs
    sizes, from_end = attributes
    carried[...] = 0 if g_hidden is None else g_hidden
    upstream = states[:0] if g_outputs is None else g_outputs
    work = shares(scratch, sizes, not from_end, len(hidden), weight)
    _return_shares(to_input, to_hidden, carried, upstream, hidden, states, offered, opened, *work)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    brought, weight, bias, hidden = inputs
    return all(map(is_plain, (brought, weight, hidden))) and (bias is None or is_plain(bias)) and brought.size > 0


def _accepts_gradients(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g_outputs, _, g_offered, g_opened, *kept = inputs
    _, _, states, *_ = kept
    plain = all(map(is_plain, kept)) and (g_outputs is None or is_plain_like(g_outputs, states))
    return plain and g_offered is None and g_opened is None and kept[-1].size > 0


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    weight = inputs[1]
    return room(len(attributes[0]), len(inputs[3]), weight.T) + len(weight) * BYTES


def _scratch_of_gradients(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(len(attributes[0]), len(inputs[5]), inputs[4])


gru_sequence = Kernel(_forward, _accepts, _scratch, least=LEAST)
gru_sequence_backward = Kernel(_backward, _accepts_gradients, _scratch_of_gradients, least=LEAST)
