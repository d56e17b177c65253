"""IDX files are read as their definition says, and every kind of damage is named with the file."""

import gzip
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from recipes.datasets import idx
from recipes.errors import UsageError

DTYPES = ("uint8", "int8", "int16", "int32", "float32", "float64")
AsIdx = Callable[[NDArray[Any]], bytes]


@pytest.fixture
def image_file(tmp_path: Path, as_idx: AsIdx) -> Path:
    path = tmp_path / "images"
    path.write_bytes(as_idx(np.arange(24, dtype=np.int16).reshape(2, 3, 4)))
    return path


@given(
    st.sampled_from(DTYPES).flatmap(
        lambda name: hnp.arrays(name, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0))
    ),
    st.booleans(),
)
def test_what_was_written_is_read(array: NDArray[Any], compress: bool) -> None:
    codes = {"uint8": 8, "int8": 9, "int16": 11, "int32": 12, "float32": 13, "float64": 14}
    header = struct.pack(f">HBB{array.ndim}I", 0, codes[array.dtype.name], array.ndim, *array.shape)
    numbers = struct.pack(f">{array.size}{array.dtype.char}", *array.ravel().tolist())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(gzip.compress(header + numbers) if compress else header + numbers)
        found = idx.read(path)
        assert idx.read_header(path) == idx.Header(array.shape, array.dtype.newbyteorder(">"))
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("compress", [False, True])
def test_a_file_cut_off_anywhere_is_refused_by_name(image_file: Path, compress: bool) -> None:
    whole = image_file.read_bytes()
    whole = gzip.compress(whole) if compress else whole
    for length in range(len(whole)):
        image_file.write_bytes(whole[:length])
        with pytest.raises(UsageError, match="images: ") as refusal:
            idx.read(image_file)
        assert "\n" not in str(refusal.value)


def test_missing_bytes_are_counted(image_file: Path) -> None:
    image_file.write_bytes(image_file.read_bytes()[:-5])
    with pytest.raises(UsageError, match=r"promises 2 x 3 x 4 int16 \(48 bytes\), 43 bytes follow"):
        idx.read(image_file)


def test_bytes_left_over_are_refused(image_file: Path) -> None:
    image_file.write_bytes(image_file.read_bytes() + b"\0")
    with pytest.raises(UsageError, match="goes on after the 2 x 3 x 4 int16"):
        idx.read(image_file)


@pytest.mark.parametrize("magic", ["00 00 0a 03", "00 00 08 00", "00 01 08 03", "89 50 4e 47", "00 00 08 ff"])
def test_a_wrong_magic_is_shown(image_file: Path, magic: str) -> None:
    image_file.write_bytes(bytes.fromhex(magic) + image_file.read_bytes()[4:])
    for read in (idx.read_header, idx.read):
        with pytest.raises(UsageError, match=f"is no IDX file: it starts with {magic}"):
            read(image_file)


def test_a_damaged_gzip_file_is_refused(image_file: Path) -> None:
    content = bytearray(gzip.compress(image_file.read_bytes()))
    content[-5] ^= 1
    image_file.write_bytes(content)
    with pytest.raises(UsageError, match="images: cannot be read"):
        idx.read(image_file)


def test_a_header_that_claims_too_much_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.write_bytes(struct.pack(">HBB4I", 0, 0x0E, 4, *(2**32 - 1,) * 4) + b"few bytes")
    with pytest.raises(UsageError, match="9 bytes follow"):
        idx.read(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere: cannot be read"):
        idx.read(tmp_path / "nowhere")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        idx.read(tmp_path)
