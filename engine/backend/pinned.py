"""Page-locked memory of the host, from which copies to a GPU need not wait."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.backend.namespace import cuda_device_count, cupy


def pinned_copy(array: np.ndarray) -> np.ndarray:
    """A copy of a host's array in page-locked memory; raises RuntimeError where there is no GPU."""
    if cuda_device_count() == 0:
        raise RuntimeError("Cannot access accelerator device when none is available: memory is pinned for copies to it")
    memory = cupy().cuda.alloc_pinned_memory(max(1, array.nbytes))
    copy = np.frombuffer(memory, array.dtype, array.size).reshape(array.shape)
    copy[...] = array
    return copy


def is_pinned(array: Any) -> bool:
    """Whether a host's array lies in page-locked memory."""
    owner = array
    while isinstance(owner, np.ndarray) and owner.base is not None:
        owner = owner.base
    held = owner.obj if isinstance(owner, memoryview) else owner
    return type(held).__name__ in ("PinnedMemoryPointer", "PinnedMemory")
