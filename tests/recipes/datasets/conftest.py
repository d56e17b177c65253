"""IDX files written by hand, and the real ones where a checkout has them beside it."""

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}
SHARED_DATA = Path(__file__).parents[3] / ".." / "shared" / "data"


def idx_bytes(array: NDArray[Any]) -> bytes:
    """The array as an IDX file, by the format's definition."""
    header = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype.name], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


WriteFamily = Callable[..., Path]


@pytest.fixture
def as_idx() -> Callable[[NDArray[Any]], bytes]:
    return idx_bytes


@pytest.fixture
def write_family(tmp_path: Path) -> WriteFamily:
    """Writes a folder with MNIST's four files; keywords replace the content of one, such as `train_labels=`."""

    def write(compress: bool = False, side: int = 4, **replaced: NDArray[Any]) -> Path:
        random = np.random.default_rng(0)
        arrays = {
            "train_images": random.integers(0, 256, (30, side, side), dtype=np.uint8),
            "train_labels": random.integers(0, 10, 30, dtype=np.uint8),
            "t10k_images": random.integers(0, 256, (12, side, side), dtype=np.uint8),
            "t10k_labels": random.integers(0, 10, 12, dtype=np.uint8),
        } | replaced
        for key, array in arrays.items():
            part, kind = key.split("_")
            name = f"{part}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
            content = idx_bytes(array)
            (tmp_path / f"{name}.gz" if compress else tmp_path / name).write_bytes(
                gzip.compress(content) if compress else content
            )
        return tmp_path

    return write


@pytest.fixture
def shared_data() -> Path:
    """The folder of real data sets; skips the test where there is none."""
    if not SHARED_DATA.is_dir():
        pytest.skip("no shared/data beside the checkout")
    return SHARED_DATA
