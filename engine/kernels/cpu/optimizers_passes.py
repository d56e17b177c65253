"""How an update rule runs over flat arrays: on one thread when they are short, else on all, a chunk at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.kernels.cpu.arrays import is_plain
from engine.kernels.kernel import Kernel

# One thread updates so many elements in some 25 us: less than it may take to wake another.
SERIAL_UPDATE = 1 << 17

# Compiled, an update of fewer elements saves some microseconds; a first tiny run would wait a second for them.
LEAST_TO_UPDATE = 1 << 13


def update_rule(on_one: Any, on_all: Any) -> Kernel:
    """The kernel of a rule that two compiled functions of (parameter, gradient, states..., coefficients) know.

    As outputs it takes the parameter and its states, which it updates, as its one input the gradient, as attributes the
    coefficients: flat float32 arrays of one length, and floats.
    """

    def update(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[float, ...], scratch: Any) -> None:
        run = on_one if outputs[0].size < SERIAL_UPDATE else on_all
        run(outputs[0], inputs[0], *outputs[1:], tuple(map(np.float32, attributes)))

    return Kernel(update, accepts=are_flat, least=LEAST_TO_UPDATE)


def are_flat(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    """Whether all inputs are float32 in one row without gaps."""
    return all(is_plain(each) and each.ndim == 1 for each in inputs)
