"""Tensor copied by Python's `copy`, and sent to another process."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.modes import host_read
from engine.autograd.tensor_base import TensorBase, alias
from engine.tensors.making import as_device, place


class Copies(TensorBase):
    """Tensor copied by Python's `copy`, and sent to another process; both are leaves, whatever history there was."""

    __slots__ = ()

    def __copy__(self) -> Any:
        return _with_attributes(_leaf(type(self), alias(self), self.requires_grad), self)

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self.array is None:
            raise NotImplementedError("Cannot copy out of meta tensor; no data!")
        host_read("a tensor sent to another process")
        array = self.detach().cpu().array  # type: ignore[attr-defined]
        made = (type(self), np.ascontiguousarray(array).reshape(array.shape), str(self.device), self.requires_grad)
        return _received, made, getattr(self, "__dict__", None)


def _received(family: type[TensorBase], array: np.ndarray, where: str, requires_grad: bool) -> Any:
    """The tensor that was sent, on the device that it came from."""
    device = as_device(where)
    assert device is not None
    return _leaf(family, place(family.result_class, array, device), requires_grad)


def _leaf(family: type[TensorBase], source: Any, requires_grad: bool) -> Any:
    """A leaf of class `family` over the memory of a tensor without history."""
    leaf = object.__new__(family)
    for slot in ("array", "storage", "kind", "node", "output_index", "view_of", "gradient"):
        setattr(leaf, slot, getattr(source, slot))
    if source.array is None:
        leaf.spec = source.spec  # type: ignore[attr-defined]
    return leaf.requires_grad_() if requires_grad else leaf


def _with_attributes(twin: Any, original: Any) -> Any:
    if hasattr(original, "__dict__"):
        twin.__dict__.update(original.__dict__)
    return twin
