"""What a saved tree holds beside numbers, texts and containers: tensors, parameters, types, devices and the like."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.storage import Storage
from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.device import device
from engine.backend.dtype import as_dtype, complex128, dtype, float64
from engine.backend.size import Size
from engine.nn.parameter import Buffer, Parameter
from engine.serialization.safetensors_file import host_array
from engine.tensors import Tensor

Visit = Callable[[Any, str], Any]
Tagged = tuple[str, Any] | None


class Encoder:
    """Tags for the values of one tree; tensors that share memory element by element are stored once."""

    def __init__(self) -> None:
        self.stored: dict[tuple[Any, ...], Any] = {}

    def __call__(self, value: Any, visit: Visit) -> Tagged:
        """The tag of a value and what stands under it; None for what any tree holds."""
        if isinstance(value, TensorBase):
            return "$tensor", self._tensor(value, visit)
        if isinstance(value, OrderedDict):
            return "$ordered", [[visit(key, "key"), visit(each, str(key))] for key, each in value.items()]
        if isinstance(value, Size):
            return "$size", list(value)
        if isinstance(value, dtype):
            return "$dtype", value.name
        if isinstance(value, device):
            return "$device", str(value)
        if type(value) is complex:
            return "$complex", [visit(value.real, "real"), visit(value.imag, "imag")]
        if type(value) is bytes:
            return "$bytes", value.hex()
        if type(value) in (set, frozenset):
            ordered = sorted(value, key=lambda each: (type(each).__name__, repr(each)))
            return "$set", [visit(each, str(position)) for position, each in enumerate(ordered)]
        return None

    def _tensor(self, tensor: Any, visit: Visit) -> dict[str, Any]:
        array = host_array(tensor)
        place = (array.ctypes.data, array.shape, array.strides, array.dtype) if array.size else (id(tensor),)
        if place not in self.stored:
            plain = _pairs(array) if array.dtype == complex128.numpy else array
            self.stored[place] = visit_array(plain, visit)
        found = {"values": self.stored[place], "dtype": tensor.dtype.name}
        if tensor.requires_grad:
            found["requires_grad"] = True
        if isinstance(tensor, Parameter | Buffer):
            found["kind"] = "parameter" if isinstance(tensor, Parameter) else "buffer"
        if tensor.device.type != "cpu":
            found["device"] = str(tensor.device)
        return found


def visit_array(array: np.ndarray, visit: Visit) -> Any:
    """What stands for an array under the name of the value that it is the array of."""
    return visit(array, "")


def _pairs(array: np.ndarray) -> np.ndarray:
    # The format has no complex128: two float64 stand for one.
    return np.ascontiguousarray(array).reshape(*array.shape, 1).view(float64.numpy)


class Decoder:
    """What is made of the tags of one tree: the way back from Encoder."""

    def __init__(self, place: Callable[[str], device]) -> None:
        self.place = place
        self.storages: dict[int, Storage] = {}
        self.tags: dict[str, Callable[[Any], Any]] = {
            "$tensor": self._tensor,
            "$ordered": lambda pairs: OrderedDict((key, value) for key, value in pairs),
            "$size": Size,
            "$dtype": as_dtype,
            "$device": device,
            "$complex": lambda parts: complex(*parts),
            "$bytes": bytes.fromhex,
            "$set": set,
        }

    def _tensor(self, found: dict[str, Any]) -> Any:
        array, kind = found["values"], as_dtype(found["dtype"])
        storage = self.storages.setdefault(id(array), Storage())
        values = array.view(kind.numpy)[..., 0] if kind is complex128 else array
        tensor = wrap(Tensor, values, storage).to(device=self.place(found.get("device", "cpu")))
        wants = bool(found.get("requires_grad", False))
        if found.get("kind") == "parameter":
            return Parameter(tensor, wants)
        if found.get("kind") == "buffer":
            return Buffer(tensor)
        return tensor.requires_grad_() if wants else tensor
