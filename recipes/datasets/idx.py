"""The IDX file format of MNIST and its family, plain or compressed with gzip."""

import gzip
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from recipes.errors import UsageError

DTYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
GZIP_MAGIC = b"\x1f\x8b"
MOST_DIMENSIONS = 32
CHUNK = 1 << 20


@dataclass(frozen=True)
class Header:
    """The sizes and the number type that an IDX file says it holds; its numbers are big-endian."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """The number of bytes that must follow the header."""
        return math.prod(self.shape) * self.dtype.itemsize

    def __str__(self) -> str:
        return " x ".join(str(size) for size in self.shape) + f" {self.dtype.name}"


def read_header(path: Path) -> Header:
    """Read what the file at `path` says it holds, and none of its numbers; UsageError where it is no IDX file."""
    try:
        with _open(path) as stream:
            return _header(stream, path)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def read(path: Path) -> NDArray[Any]:
    """Read the array at `path` in the machine's byte order; UsageError where bytes are missing or left over."""
    try:
        with _open(path) as stream:
            header = _header(stream, path)
            content = _at_most(stream, header.nbytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error
    if len(content) < header.nbytes:
        raise UsageError(
            f"{path}: is cut off: its header promises {header} ({header.nbytes:,} bytes), {len(content):,} bytes follow"
        )
    if len(content) > header.nbytes:
        raise UsageError(f"{path}: goes on after the {header} ({header.nbytes:,} bytes) that its header promises")
    array = np.frombuffer(content, dtype=header.dtype).reshape(header.shape)
    return array.astype(header.dtype.newbyteorder("="), copy=False)


def _open(path: Path) -> BinaryIO:
    """Open for reading, through gzip where the content says so: a file's name may not."""
    with path.open("rb") as stream:
        compressed = stream.read(2) == GZIP_MAGIC
    return cast(BinaryIO, gzip.open(path)) if compressed else path.open("rb")


def _header(stream: BinaryIO, path: Path) -> Header:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in DTYPES or not 1 <= magic[3] <= MOST_DIMENSIONS:
        codes = ", ".join(f"{code:02x}" for code in DTYPES)
        raise UsageError(
            f"{path}: is no IDX file: it starts with {magic.hex(' ') or 'nothing'} "
            f"where 00 00, a type ({codes}) and a number of dimensions (01 to {MOST_DIMENSIONS:02x}) are expected"
        )
    sizes = stream.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise UsageError(f"{path}: is cut off: it ends within the sizes of its {magic[3]} dimensions")
    return Header(tuple(np.frombuffer(sizes, dtype=">u4").tolist()), DTYPES[magic[2]])


def _at_most(stream: BinaryIO, limit: int) -> bytearray:
    """Read up to `limit` bytes, a chunk at a time: memory follows what is there, not what a header claims."""
    content = bytearray()
    while len(content) < limit and (chunk := stream.read(min(CHUNK, limit - len(content)))):
        content += chunk
    return content


def _unreadable(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path}: cannot be read: {error}")
