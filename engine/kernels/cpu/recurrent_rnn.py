"""Plain recurrent layers over whole sequences: each thread runs its rows of the batch over all steps, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.cpu.exponential import ONE, tanh
from engine.kernels.cpu.jit import compiled, parallel, prange
from engine.kernels.cpu.recurrent_products import multiply_states
from engine.kernels.cpu.recurrent_shares import LEAST, add_row, copy_row, is_plain_like, point_at_rows, room, shares
from engine.kernels.kernel import Kernel

ZERO = np.float32(0)


@compiled
def _follow(hidden: Any, output: Any, sums: Any, brought: Any, rectifies: bool) -> None:
    """The next hidden state, tanh of the sums or what of them is above zero; `output` gets it too."""
    if rectifies:
        for i in range(hidden.size):
            value = sums[i] + brought[i]
            # NaN is not below zero, and stays.
            hidden[i] = output[i] = ZERO if value < ZERO else value
    else:
        for i in range(hidden.size):
            hidden[i] = output[i] = tanh(sums[i] + brought[i])


@compiled
def _descend(to_sums: Any, upstream: Any, output: Any, rectifies: bool) -> None:
    if rectifies:
        for i in range(output.size):
            to_sums[i] = upstream[i] if output[i] > ZERO else ZERO
    else:
        for i in range(output.size):
            to_sums[i] = upstream[i] * (ONE - output[i] * output[i])


@compiled
def _run(
    outputs: Any,
    hidden: Any,
    brought: Any,
    rectifies: bool,
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
        multiply_states(point_at_rows(addresses, hidden, first, running - first), packed, size, size, sums)
        for row in range(first, running):
            _follow(hidden[row], outputs[start + row], sums[row - first], brought[start + row], rectifies)


@parallel
def _run_shares(
    outputs: Any, hidden: Any, brought: Any, rectifies: bool, steps: Any, packed: int, products: Any
) -> None:
    rows = products.shape[1]
    for share in prange(products.shape[0]):
        first = share * rows
        last = min(first + rows, hidden.shape[0])
        _run(outputs, hidden, brought, rectifies, steps, packed, first, last, products[share])


@compiled
def _return(
    to_sums: Any,
    carried: Any,
    upstream: Any,
    outputs: Any,
    rectifies: bool,
    steps: Any,
    packed: int,
    first: int,
    last: int,
    product: Any,
) -> None:
    size = outputs.shape[1]
    addresses = np.empty(product.shape[0], np.intp)
    for step in range(steps.shape[0]):
        start, running = steps[step, 0], min(last, steps[step, 1])
        if running <= first:
            continue
        for row in range(first, running):
            if upstream.shape[0]:
                add_row(carried[row], upstream[start + row])
            _descend(to_sums[start + row], carried[row], outputs[start + row], rectifies)
        addresses_now = point_at_rows(addresses, to_sums, start + first, running - first)
        multiply_states(addresses_now, packed, size, size, product)
        for row in range(first, running):
            copy_row(carried[row], product[row - first])


@parallel
def _return_shares(
    to_sums: Any,
    carried: Any,
    upstream: Any,
    outputs: Any,
    rectifies: bool,
    steps: Any,
    packed: int,
    products: Any,
) -> None:
    rows = products.shape[1]
    for share in prange(products.shape[0]):
        first = share * rows
        last = min(first + rows, carried.shape[0])
        _return(to_sums, carried, upstream, outputs, rectifies, steps, packed, first, last, products[share])


def _forward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    states, last_hidden = outputs
    brought, weight, hidden = inputs
    nonlinearity, sizes, from_end = attributes
    last_hidden[...] = hidden
    work = shares(scratch, sizes, from_end, len(hidden), weight.T)
    _run_shares(states, last_hidden, brought, nonlinearity == "relu", *work)


def _backward(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    to_sums, carried = outputs
    g_outputs, g_hidden, weight, states = inputs
    nonlinearity, sizes, from_end = attributes
    carried[...] = 0 if g_hidden is None else g_hidden
    upstream = states[:0] if g_outputs is None else g_outputs
    work = shares(scratch, sizes, not from_end, len(carried), weight)
    _return_shares(to_sums, carried, upstream, states, nonlinearity == "relu", *work)


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    return all(map(is_plain, inputs)) and inputs[0].size > 0


def _accepts_gradients(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    g_outputs, _, *kept = inputs
    plain = all(map(is_plain, kept)) and (g_outputs is None or is_plain_like(g_outputs, kept[-1]))
    return plain and kept[-1].size > 0


def _scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(len(attributes[1]), attributes[1][0], inputs[1].T)


def _scratch_of_gradients(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return room(len(attributes[1]), attributes[1][0], inputs[2])


rnn_sequence = Kernel(_forward, _accepts, _scratch, least=LEAST)
rnn_sequence_backward = Kernel(_backward, _accepts_gradients, _scratch_of_gradients, least=LEAST)
