"""Tensor's memory lent to other libraries, and theirs to it, by DLPack, without a copy."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.modes import host_read
from engine.autograd.tensor_base import TensorBase, newborn, wrap
from engine.backend.device import device
from engine.backend.dtype import bfloat16
from engine.backend.namespace import cupy
from engine.tensors.making import as_device

CPU_IN_DLPACK = 1


class Exchange(TensorBase):
    """Tensor's side of DLPack: what `from_dlpack` of any library asks of it."""

    __slots__ = ()

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
    ) -> Any:
        """A capsule that lends this memory; BufferError for a tensor that requires grad, or is bfloat16 or meta."""
        host_read("Tensor.__dlpack__()")
        return _lendable(self).__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self) -> tuple[int, int]:
        """The kind of device and its number, as DLPack counts them."""
        if self.array is None:
            raise BufferError("a tensor of the meta device has no memory to lend")
        kind, number = self.array.__dlpack_device__()
        return int(kind), int(number)


def _lendable(tensor: TensorBase) -> Any:
    if tensor.array is None:
        raise BufferError("a tensor of the meta device has no memory to lend")
    if tensor.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if tensor.dtype is bfloat16:
        raise BufferError(
            "Can't export a tensor of engine.bfloat16: NumPy's arrays, which hold it, lend none; use tensor.float()"
        )
    return tensor.array


class _Capsule:
    """A capsule in the form that arrays are taken from; it does not say whether its memory may be written."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU_IN_DLPACK, 0


class _Writable:
    """An array's memory, for an array that may be written."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array
        address, _ = array.__array_interface__["data"]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}


def to_dlpack(tensor: Any) -> Any:
    """A capsule that lends a tensor's memory once (torch.utils.dlpack.to_dlpack)."""
    return tensor.__dlpack__()


def _taken(lender: Any) -> Any:
    try:
        array = np.from_dlpack(lender)
        return np.asarray(_Writable(array)) if isinstance(lender, _Capsule) else array
    except RuntimeError as refusal:
        kind = getattr(lender, "dtype", "this kind")
        raise BufferError(f"from_dlpack() can't take memory of {kind}: NumPy's arrays know no such type") from refusal


def from_dlpack(ext_tensor: Any, *, device: device | str | None = None, copy: bool | None = None) -> Any:
    """A tensor over the memory of another library's array (torch.from_dlpack).

    `ext_tensor` has `__dlpack__`, or is a capsule of the CPU. `copy=True` copies, False refuses to with BufferError,
    as memory that may only be read or lies on another device than `device` would need it; None copies where it must.
    TypeError for anything else.
    """
    lender = _Capsule(ext_tensor) if type(ext_tensor).__name__ == "PyCapsule" else ext_tensor
    if not hasattr(lender, "__dlpack__") or not hasattr(lender, "__dlpack_device__"):
        raise TypeError(f"from_dlpack() takes what has __dlpack__, or a capsule, got {type(ext_tensor).__name__}")
    wanted = as_device(device)
    if lender.__dlpack_device__()[0] == CPU_IN_DLPACK:
        array = _taken(lender)
        if not array.flags.writeable and copy is not False:
            # What may not be written is not shared: a tensor has no way to say so.
            array = array.copy()
        elif not array.flags.writeable:
            raise BufferError(
                "from_dlpack() with copy=False: this memory may only be read, and a tensor can be written"
            )
    else:
        array = cupy().from_dlpack(lender)
    tensor = newborn(wrap(TensorBase.result_class, array))
    if wanted is not None and tensor.device != wanted:
        if copy is False:
            raise BufferError(f"from_dlpack() with copy=False: the memory is on {tensor.device}, not on {wanted}")
        return tensor.to(device=wanted)
    return tensor.clone() if copy else tensor
