"""Fixed kernels: what one calls for some arrays, called again after their values changed, is what it would do then."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.dispatch import allocate
from engine.backend.device import CPU
from engine.kernels.cpu.jit import calls_of
from engine.kernels.kernel import Kernel
from engine.testing.checks import map_arrays

_POISON = 0xEE


def check_fixed(op: Any, kernel: Kernel, values: tuple[Any, ...], given: tuple[Any, ...], attributes: Any) -> None:
    """Assert that a kernel's calls can be made again; `values` are all arguments of the op, `given` its inputs."""
    inputs = map_arrays(tuple(given), np.array)
    if not kernel.accepts(inputs, attributes):
        return
    outputs, right = allocate(op, CPU, values), allocate(op, CPU, values)
    scratch = np.empty(kernel.scratch(inputs, attributes), np.uint8)
    for each in arrays_in(inputs):
        if each.dtype.kind == "f":
            # A kernel that looks at values works out wrong arguments.
            each[...] = np.nan
    _poison(*outputs)
    calls = calls_of(kernel.function, outputs, inputs, attributes, scratch)
    assert all((each.view(np.uint8) == _POISON).all() for each in map(np.ravel, outputs)), (
        f"a fixed kernel of {op.name} writes by itself"
    )
    for change in (np.copy, np.flip, np.negative):
        for each, first in zip(arrays_in(inputs), arrays_in(given), strict=True):
            if each.dtype.kind == "f" or change is np.copy:
                each[...] = change(first)
        _poison(*outputs, *right, scratch)
        for function, args in calls:
            function(*args)
        _poison(scratch)
        kernel.function(right, inputs, attributes, scratch)
        for mine, other in zip(outputs, right, strict=True):
            assert mine.tobytes() == other.tobytes(), (
                f"the calls of a fixed kernel of {op.name}, made again, give something else than the kernel"
            )


def arrays_in(inputs: tuple[Any, ...]) -> list[np.ndarray]:
    """The arrays among a kernel's inputs, those in tuples too."""
    flat = [each for given in inputs for each in (given if isinstance(given, tuple) else (given,))]
    return [each for each in flat if isinstance(each, np.ndarray)]


def _poison(*arrays: np.ndarray) -> None:
    for each in arrays:
        each.reshape(-1).view(np.uint8)[...] = _POISON
