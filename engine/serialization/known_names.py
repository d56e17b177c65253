"""The names that PyTorch's archives may mention, and what stands for each here; no other is ever looked up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from reprlib import repr as shown
from typing import Any

from engine.backend.device import device
from engine.backend.dtype import BY_NAME, as_dtype, dtype
from engine.backend.size import Size
from engine.serialization.stored_tensors import ordered, rebuild_buffer, rebuild_parameter, rebuild_tensor


@dataclass(frozen=True, slots=True)
class StorageType:
    """The type of a storage's elements."""

    dtype: dtype


@dataclass(frozen=True, slots=True)
class Known:
    """A function that an archive may call by its name in PyTorch."""

    name: str
    function: Callable[..., Any]


_STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}


def _bytes_of_text(text: Any, encoding: Any = "latin1") -> bytes:
    """Bytes, which protocol 2 writes as a text of Latin letters."""
    if not isinstance(text, str) or encoding != "latin1":
        raise ValueError(f"bytes are written as {shown(text)} in {encoding!r}")
    return text.encode("latin1")


def _complex(real: Any, imag: Any) -> complex:
    return complex(float(real), float(imag))


def _device(name: Any, index: Any = None) -> device:
    return device(str(name), index if type(index) is int else None)


def _size(lengths: Any) -> Size:
    return Size(tuple(lengths))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": ordered,
    "torch._utils._rebuild_tensor_v2": rebuild_tensor,
    "torch._utils._rebuild_parameter": rebuild_parameter,
    "torch._utils._rebuild_buffer": rebuild_buffer,
    "torch.Size": _size,
    "torch.device": _device,
    "_codecs.encode": _bytes_of_text,
    "builtins.complex": _complex,
    "__builtin__.complex": _complex,
    "builtins.set": set,
    "__builtin__.set": set,
}
_KNOWN: dict[str, Any] = {
    **{name: Known(name, function) for name, function in _FUNCTIONS.items()},
    **{f"torch.{name}": StorageType(as_dtype(kind)) for name, kind in _STORAGES.items()},
    **{f"torch.{name}": kind for name, kind in BY_NAME.items()},
}


def known_name(name: str) -> Any:
    """What stands for a name in PyTorch; raises ValueError for any that is not in the list."""
    if name not in _KNOWN:
        raise ValueError(
            f"it holds {name}, and only tensors, parameters, sizes, types, devices, containers, numbers and texts are "
            "read; save a state_dict() instead, or take it out of the file with PyTorch"
        )
    return _KNOWN[name]
