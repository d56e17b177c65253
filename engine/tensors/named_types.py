"""The first names of types, which many programs use: `FloatTensor` makes tensors, knows them and names a type."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.tensor_base import TensorBase, alias
from engine.backend import dtype as dtypes
from engine.backend.device import CPU
from engine.backend.dtype import dtype
from engine.backend.size import Size
from engine.ops.dimensions import new_shape
from engine.tensors.from_data import array_from
from engine.tensors.making import as_device, empty, place

KINDS: dict[str, dtype] = {
    "Float": dtypes.float32,
    "Double": dtypes.float64,
    "Half": dtypes.float16,
    "BFloat16": dtypes.bfloat16,
    "ComplexFloat": dtypes.complex64,
    "ComplexDouble": dtypes.complex128,
    "Long": dtypes.int64,
    "Int": dtypes.int32,
    "Short": dtypes.int16,
    "Char": dtypes.int8,
    "Byte": dtypes.uint8,
    "Bool": dtypes.bool_,
}
NAMES = {kind: f"{name}Tensor" for name, kind in KINDS.items()}
DEVICES = {"engine": "cpu", "torch": "cpu", "engine.cuda": "cuda", "torch.cuda": "cuda"}


class NamedType:
    """A dtype of the CPU's tensors under its first name (torch.FloatTensor and its like)."""

    def __init__(self, kind: dtype) -> None:
        self.dtype = kind

    def __call__(self, *given: Any, device: Any = None) -> Any:
        if len(given) == 1 and isinstance(given[0], TensorBase) and given[0].dtype is not self.dtype:
            raise TypeError(f"expected a tensor of {self.dtype} (got {given[0].dtype}): .to({self.dtype}) converts it")
        return made(TensorBase.result_class, given, self.dtype, device)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, TensorBase) and instance.dtype is self.dtype and instance.device.type == "cpu"

    def __repr__(self) -> str:
        return f"<type 'engine.{NAMES[self.dtype]}'>"


def made(family: type[TensorBase], given: tuple[Any, ...], kind: dtype, device: Any = None) -> Any:
    """A tensor of data, or of a size with whatever the memory held: what calls of `Tensor` make, always on the CPU."""
    if device is not None and as_device(device) != CPU:
        raise RuntimeError(f"Tensor(...) makes tensors on the CPU (got {device}): use tensor(data, device=...)")
    if len(given) != 1 or isinstance(given[0], Size) or (_is_integer(given[0])):
        return empty(family, new_shape(given or (0,)), kind, CPU)
    data = given[0]
    if isinstance(data, TensorBase):
        shared = alias(data)
        shared.__class__ = family
        return shared
    if isinstance(data, str) or not hasattr(data, "__len__"):
        raise TypeError(f"new(): data must be a sequence (got {type(data).__name__}); tensor() takes numbers too")
    return place(family, array_from(data, kind), CPU)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def type_name(tensor: TensorBase) -> str:
    """The first name of a tensor's type, with its module."""
    module = "engine.cuda" if tensor.device.type == "cuda" else "engine"
    return f"{module}.{NAMES[tensor.dtype]}"


def read_type(name: str) -> tuple[dtype, str]:
    """The dtype and the device that a first name means; raises ValueError for another name."""
    module, _, last = name.rpartition(".")
    kind = KINDS.get(last.removesuffix("Tensor"))
    if kind is None or module not in DEVICES or not last.endswith("Tensor"):
        raise ValueError(f"invalid type: {name!r}; known are {', '.join(f'engine.{each}' for each in NAMES.values())}")
    return kind, DEVICES[module]


FloatTensor = NamedType(dtypes.float32)
DoubleTensor = NamedType(dtypes.float64)
HalfTensor = NamedType(dtypes.float16)
BFloat16Tensor = NamedType(dtypes.bfloat16)
LongTensor = NamedType(dtypes.int64)
IntTensor = NamedType(dtypes.int32)
ShortTensor = NamedType(dtypes.int16)
CharTensor = NamedType(dtypes.int8)
ByteTensor = NamedType(dtypes.uint8)
BoolTensor = NamedType(dtypes.bool_)
