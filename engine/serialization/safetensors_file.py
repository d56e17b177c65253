"""Named tensors in safetensors files, under the names of safetensors.torch."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.atomic import replace_file
from engine.serialization.safetensors_format import read_with_metadata, safetensors_chunks
from engine.tensors import Tensor

File = str | os.PathLike[str]


def save_file(tensors: Mapping[str, TensorBase], filename: File, metadata: Mapping[str, str] | None = None) -> None:
    """Write named tensors to a file, whole or not at all (safetensors.torch.save_file).

    Raises TypeError for what is no tensor and for complex128, which the format does not know.
    """
    replace_file(Path(filename), safetensors_chunks(_arrays(tensors), metadata))


def save(tensors: Mapping[str, TensorBase], metadata: Mapping[str, str] | None = None) -> bytes:
    """The content of such a file (safetensors.torch.save)."""
    return b"".join(bytes(chunk) for chunk in safetensors_chunks(_arrays(tensors), metadata))


def load_file(filename: File, device: Any = "cpu") -> dict[str, Tensor]:
    """The named tensors of a file, on `device` (safetensors.torch.load_file); ValueError says what is wrong with it."""
    with open(filename, "rb") as file:
        try:
            arrays, _ = read_with_metadata(file)
        except ValueError as error:
            raise ValueError(f"{filename} is no whole safetensors file: {error}") from None
    return {name: wrap(Tensor, array).to(device) for name, array in arrays.items()}


def load(data: bytes) -> dict[str, Tensor]:
    """The named tensors of a file's content (safetensors.torch.load)."""
    arrays, _ = read_with_metadata(io.BytesIO(data))
    return {name: wrap(Tensor, array) for name, array in arrays.items()}


def _arrays(tensors: Mapping[str, TensorBase]) -> dict[str, np.ndarray]:
    for name, tensor in tensors.items():
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"Key `{name}` is invalid, expected a tensor but received {type(tensor).__name__}")
    return {name: host_array(tensor) for name, tensor in tensors.items()}


def host_array(tensor: Any) -> np.ndarray:
    """A tensor's elements on the CPU; raises NotImplementedError for one on the meta device."""
    if tensor.array is None:
        raise NotImplementedError(f"Cannot copy out of meta tensor; no data! Its shape is {list(tensor.shape)}")
    return tensor.detach().cpu().array
