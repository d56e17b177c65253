"""The safetensors format: named arrays as one JSON header and their plain bytes, the same bytes every time.

https://github.com/huggingface/safetensors#format
"""

import json
import math
from collections.abc import Iterator, Mapping
from io import BufferedIOBase
from typing import Any

import numpy as np

from engine.backend.dtype import bfloat16

_TAGS = {
    "bool": "BOOL",
    "int8": "I8",
    "int16": "I16",
    "int32": "I32",
    "int64": "I64",
    "uint8": "U8",
    "uint16": "U16",
    "uint32": "U32",
    "uint64": "U64",
    "float16": "F16",
    "bfloat16": "BF16",
    "float32": "F32",
    "float64": "F64",
    "complex64": "C64",
}
_DTYPE_NAMES = {tag: name for name, tag in _TAGS.items()}
_LONGEST_HEADER = 100_000_000


def safetensors_chunks(
    arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str] | None = None
) -> Iterator[bytes | memoryview]:
    """The file's content in order, without a second copy of it; TypeError names an array whose dtype has no tag."""
    for name, array in arrays.items():
        if array.dtype.name not in _TAGS:
            raise TypeError(f"{name}: dtype {array.dtype} can't be stored; it takes {', '.join(_TAGS)}")
    # Widest items first, as the reference writer does: every array then lies aligned to its item.
    order = sorted(arrays, key=lambda name: (-arrays[name].dtype.itemsize, name))
    yield _header(arrays, order, metadata or {})
    for name in order:
        yield _plain_bytes(arrays[name])


def read_safetensors(file: BufferedIOBase) -> dict[str, np.ndarray]:
    """The arrays of a file, writable and each with memory of its own; ValueError says what is wrong with the file."""
    return read_with_metadata(file)[0]


def read_with_metadata(file: BufferedIOBase) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """What `read_safetensors` gives, and the texts that the file's header holds beside."""
    length = int.from_bytes(_read(file, 8), "little")
    if length > _LONGEST_HEADER:
        raise ValueError(f"its header claims {length} bytes")
    header = json.loads(_read(file, length))
    if not isinstance(header, dict):
        raise ValueError("its header is not a JSON object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise ValueError("the metadata of its header is not a mapping of texts")
    arrays: dict[str, np.ndarray] = {}
    position = 0
    for (first, last), name in sorted((_offsets(name, entry), name) for name, entry in header.items()):
        array = _empty(name, header[name], last - first)
        if first != position:
            raise ValueError(f"{name}: its bytes don't follow those of the array before it")
        _read_into(file, array)
        position += array.nbytes
        arrays[name] = array
    if file.read(1):
        raise ValueError("bytes follow its last array")
    return arrays, metadata


def _header(arrays: Mapping[str, np.ndarray], order: list[str], metadata: Mapping[str, str]) -> bytes:
    entries: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    position = 0
    for name in order:
        array = arrays[name]
        end = position + array.nbytes
        entries[name] = {"dtype": _TAGS[array.dtype.name], "shape": list(array.shape), "data_offsets": [position, end]}
        position = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _plain_bytes(array: np.ndarray) -> memoryview:
    little_endian = array.astype(array.dtype.newbyteorder("<"), copy=False)
    # memoryview knows neither bfloat16 nor a cast of an array of size 0: a flat view of bytes knows both.
    return np.ascontiguousarray(little_endian).reshape(-1).view(np.uint8).data


def _offsets(name: str, entry: Any) -> tuple[int, int]:
    offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
    if not isinstance(offsets, list) or [type(offset) for offset in offsets] != [int, int]:
        raise ValueError(f"{name}: its entry in the header has no two offsets")
    return offsets[0], offsets[1]


def _empty(name: str, entry: dict[str, Any], size: int) -> np.ndarray:
    tag, shape = entry.get("dtype"), entry.get("shape")
    if not isinstance(tag, str) or tag not in _DTYPE_NAMES:
        raise ValueError(f"{name}: unknown dtype {tag!r}")
    if not isinstance(shape, list) or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"{name}: {shape!r} is not a shape")
    dtype = _dtype(_DTYPE_NAMES[tag])
    # Compared before any memory is asked for: a header may claim more than the machine has.
    if math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"{name}: its offsets don't follow from its shape and dtype")
    return np.empty(shape, dtype)


def _dtype(name: str) -> np.dtype:
    return bfloat16.numpy if name == "bfloat16" else np.dtype(name).newbyteorder("<")


def _read(file: BufferedIOBase, count: int) -> bytes:
    content = file.read(count)
    if len(content) != count:
        raise ValueError("it ends too early")
    return content


def _read_into(file: BufferedIOBase, array: np.ndarray) -> None:
    content = array.reshape(-1).view(np.uint8).data
    while content:
        count = file.readinto(content)
        if not count:
            raise ValueError("it ends too early")
        content = content[count:]
