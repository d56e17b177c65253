"""An average moved towards a tensor, in one pass where there is a kernel for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.in_place import check_writable
from engine.autograd.modes import modes
from engine.kernels.cpu.optimizers_around import running_average
from engine.optim.flat_storage import memory_order

_NO_SCRATCH = np.empty(0, np.uint8)


def move_towards(average: Any, current: Any, share: float) -> None:
    """Average: a ← a + share · (x − a), in place and without history."""
    # Whoever watches is told of an op.
    arrays = None if modes.state.aside else _suitable(average.array, current.array)
    if arrays is None:
        average.lerp_(current, share)
        return
    check_writable(average, modes.state)
    running_average.function(arrays[:1], arrays[1:], (share,), _NO_SCRATCH)
    average.storage.version += 1


def _suitable(average: Any, value: Any) -> tuple[Any, Any] | None:
    """Both arrays as the kernel takes them, if they lie in memory alike and it is worth while; else None."""
    if modes.state.kernels != "fast" or not isinstance(average, np.ndarray) or average.size < running_average.least:
        return None
    order = memory_order(average)
    if order is None or (average.shape, average.strides) != (value.shape, value.strides):
        return None
    flat = average.transpose(order).reshape(-1), value.transpose(order).reshape(-1)
    return flat if running_average.accepts(flat, ()) else None
