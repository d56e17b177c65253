"""Batches in page-locked memory, from which copies to a GPU need not wait."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.namespace import cuda_device_count
from engine.backend.pinned import pinned_copy
from engine.utils.data.collate import mapped


def pinned(batch: Any) -> Any:
    """A batch whose CPU tensors lie in page-locked memory; the batch itself, with a warning, where there is no GPU."""
    if cuda_device_count() == 0:
        warnings.warn(
            "pin_memory=True, but no CUDA device was found: pinned memory is not used", UserWarning, stacklevel=2
        )
        return batch
    return mapped(batch, _pinned_leaf)


def _pinned_leaf(leaf: Any) -> Any:
    if not isinstance(leaf, TensorBase) or not isinstance(leaf.array, np.ndarray):
        return leaf
    return wrap(leaf.result_class, pinned_copy(leaf.array))
