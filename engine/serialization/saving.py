"""save and load: trees of tensors in safetensors files, PyTorch's archives read besides."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from engine.backend.atomic import replace_file
from engine.backend.device import CPU, device
from engine.backend.namespace import cuda_device_count
from engine.nn.module import Module
from engine.serialization.archive import is_archive, read_archive
from engine.serialization.safetensors_format import read_with_metadata, safetensors_chunks
from engine.serialization.state_tree import join, split
from engine.serialization.tree_values import Decoder, Encoder
from engine.tensors import Tensor

File = str | os.PathLike[str] | BufferedIOBase
MapLocation = str | device | Mapping[str, str] | Callable[[Any, str], Any] | None

# The name of the text, in a file's header, that says how its tensors hang together.
TREE = "tree"


def save(obj: Any, f: File) -> None:
    """Write a tree of tensors, numbers, texts and containers as one safetensors file (torch.save).

    A file keeps its old content until the new one is whole. Nothing is pickled: raises TypeError that names the place
    of anything else, a Module among them, whose `state_dict()` is saved instead.
    """
    if isinstance(obj, Module):
        raise TypeError(f"save() takes tensors and containers, not a {type(obj).__name__}; give it .state_dict()")
    arrays, skeleton = split(obj, encode=Encoder(), in_order=True)
    chunks = safetensors_chunks(arrays, {TREE: json.dumps(skeleton, separators=(",", ":"))})
    if isinstance(f, BufferedIOBase):
        f.writelines(chunks)
    else:
        replace_file(Path(f), chunks)


def load(f: File, map_location: MapLocation = None, *, weights_only: bool = True, mmap: bool | None = None) -> Any:
    """What `save`, safetensors or torch.save wrote; nothing that the file names is run or imported (torch.load).

    `map_location` says where tensors go: a device, a mapping between them, or a function of a tensor and its place's
    name. `weights_only` and `mmap` change nothing. Raises ValueError that says what a file holds that is not read.
    """
    if not isinstance(f, BufferedIOBase):
        with open(f, "rb") as file:
            return _load(file, str(f), map_location)
    return _load(f, getattr(f, "name", "the file"), map_location)


def _load(file: BufferedIOBase, name: str, map_location: MapLocation) -> Any:
    content: BufferedIOBase = file if file.seekable() else io.BytesIO(file.read())
    place = _places(map_location)
    try:
        found = read_archive(content, place) if is_archive(content) else _read_tree(content, place)
    except ValueError as error:
        raise ValueError(f"{name} can't be loaded: {error}") from None
    return _mapped(found, map_location) if callable(map_location) else found


def _read_tree(file: BufferedIOBase, place: Callable[[str], device]) -> Any:
    arrays, metadata = read_with_metadata(file)
    decoder = Decoder(place)
    if TREE not in metadata:
        tensors = {name: {"values": array, "dtype": array.dtype.name} for name, array in arrays.items()}
        return {name: decoder.tags["$tensor"](each) for name, each in tensors.items()}
    try:
        return join(arrays, json.loads(metadata[TREE]), decoder.tags)
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"its tree is damaged: {error!r}") from None


def _places(map_location: MapLocation) -> Callable[[str], device]:
    def place(name: str) -> device:
        if callable(map_location):
            return CPU
        target = map_location.get(name, name) if isinstance(map_location, Mapping) else map_location or name
        where = device(target)
        if where.type == "cuda" and (where.index or 0) >= cuda_device_count():
            raise RuntimeError(
                f"Attempting to deserialize object on {where}, but {cuda_device_count()} CUDA devices are available; "
                "use map_location='cpu' to load it there"
            )
        return where

    return place


def _mapped(found: Any, map_location: Callable[[Any, str], Any]) -> Any:
    if isinstance(found, Tensor):
        moved = map_location(found, "cpu")
        return found if moved is None else moved
    if isinstance(found, dict):
        for key, value in found.items():
            found[key] = _mapped(value, map_location)
        return found
    if isinstance(found, list | tuple):
        return type(found)(_mapped(each, map_location) for each in found)
    return found
