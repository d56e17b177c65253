"""PyTorch's zip archives: a pickled tree, read by a closed interpreter, beside the plain bytes of its storages.

The layout is what torch.save writes: `<name>/data.pkl`, `<name>/data/<key>`, `<name>/byteorder`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BufferedIOBase
from reprlib import repr as shown
from typing import Any

import numpy as np

from engine.autograd.storage import Storage
from engine.backend.device import device
from engine.backend.dtype import dtype
from engine.serialization.known_names import StorageType, known_name
from engine.serialization.pickled_tree import read_tree
from engine.serialization.stored_tensors import StoredBytes

_OLD_FORMATS = {b"\x80\x02\x8a\x0a": "PyTorch's format before 1.6", b"PAR1": "Parquet", b"\x93NUM": "NumPy's format"}


def is_archive(file: BufferedIOBase) -> bool:
    """Whether a file begins as a zip archive; ValueError names other formats that people take for one."""
    start = file.read(4)
    file.seek(-len(start), 1)
    for magic, name in _OLD_FORMATS.items():
        if start == magic:
            raise ValueError(f"it is in {name}; load it with its own tool and save it as safetensors")
    return start == b"PK\x03\x04"


def read_archive(file: BufferedIOBase, place: Callable[[str], device]) -> Any:
    """The tree of tensors in an archive of torch.save; ValueError names what in it is not read."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _Archive(archive, place).read()
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ValueError(f"its archive is damaged: {error}") from None


class _Archive:
    def __init__(self, archive: zipfile.ZipFile, place: Callable[[str], device]) -> None:
        self.archive = archive
        self.place = place
        self.members = {each.filename: each for each in archive.infolist()}
        trees = [name for name in self.members if name.endswith("/data.pkl")]
        if len(trees) != 1:
            raise ValueError(f"it is a zip file with {len(trees)} data.pkl in it, where torch.save writes one")
        self.folder = trees[0].removesuffix("data.pkl")
        if any(name.startswith(f"{self.folder}code/") for name in self.members):
            raise ValueError("it is a TorchScript program, not tensors; save the state_dict() of the model instead")
        self.storages: dict[str, StoredBytes] = {}

    def read(self) -> Any:
        order = self._bytes("byteorder").decode("ascii", "replace") if f"{self.folder}byteorder" in self.members else ""
        self.order = ">" if order == "big" else "<"
        return read_tree(self._bytes("data.pkl"), known_name, self._persistent)

    def _bytes(self, name: str) -> bytes:
        member = self.members.get(self.folder + name)
        if member is None:
            raise ValueError(f"its archive has no {self.folder + name}")
        if member.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"{member.filename} is compressed, which torch.save never does")
        return self.archive.read(member)

    def _persistent(self, identity: Any) -> StoredBytes:
        """The storage that a persistent id names: ("storage", type, key, location, count)."""
        if not isinstance(identity, tuple) or len(identity) != 5 or identity[0] != "storage":
            raise ValueError(f"it refers to {shown(identity)}, which is no storage of a tensor")
        _, kind, key, location, count = identity
        if not isinstance(kind, StorageType) or not isinstance(key, str) or not isinstance(location, str):
            raise ValueError(f"the storage {shown(identity)} is not described as torch.save does")
        if key not in self.storages:
            self.storages[key] = StoredBytes(
                self._content(key, kind.dtype, count), Storage(), self.place(location), kind.dtype
            )
        return self.storages[key]

    def _content(self, key: str, kind: dtype, count: Any) -> np.ndarray:
        content = self._bytes(f"data/{key}")
        if not isinstance(count, int) or count * kind.itemsize != len(content):
            raise ValueError(f"storage {key} has {len(content)} bytes, {count} elements of {kind} were promised")
        array = np.frombuffer(bytearray(content), np.uint8)
        if self.order == ">" and kind.itemsize > 1:
            part = kind.to_real().itemsize
            array = array.reshape(-1, part)[:, ::-1].reshape(-1).copy()
        return array
