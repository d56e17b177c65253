"""Our safetensors files are read by the safetensors package and by PyTorch, and theirs by us."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.serialization.safetensors_format import read_safetensors, safetensors_chunks

safetensors_numpy = pytest.importorskip("safetensors.numpy")

DTYPES = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
)
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
NAMED = st.dictionaries(st.text(max_size=8).filter(lambda name: name != "__metadata__"), ARRAYS, max_size=4)


def written(arrays: dict[str, np.ndarray]) -> bytes:
    return b"".join(bytes(chunk) for chunk in safetensors_chunks(arrays))


def read(content: bytes) -> dict[str, np.ndarray]:
    return read_safetensors(io.BufferedReader(io.BytesIO(content)))


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        native = array.astype(array.dtype.newbyteorder("="))
        assert (found[name].dtype, found[name].shape) == (native.dtype, native.shape)
        assert found[name].tobytes() == native.tobytes()


@given(NAMED)
def test_the_safetensors_package_reads_what_we_write(arrays: dict[str, np.ndarray]) -> None:
    assert_same(safetensors_numpy.load(written(arrays)), arrays)


@given(NAMED)
def test_we_read_what_we_wrote_and_what_the_package_wrote(arrays: dict[str, np.ndarray]) -> None:
    assert_same(read(written(arrays)), arrays)
    native = {name: np.array(array.astype(array.dtype.newbyteorder("=")), order="C") for name, array in arrays.items()}
    assert_same(read(safetensors_numpy.save(native, metadata={"format": "pt"})), arrays)


def test_strided_arrays_are_written_by_their_values() -> None:
    base = np.arange(24, dtype=np.float32).reshape(4, 6)
    views = {"transposed": base.T, "reversed": base[::-1, ::2], "broadcast": np.broadcast_to(base[0], (3, 6))}
    assert_same(safetensors_numpy.load(written(views)), views)


def test_arrays_come_back_aligned_and_writable() -> None:
    arrays = read(written({"flag": np.ones(3, bool), "x": np.ones(5), "n": np.arange(3, dtype=np.int16)}))
    for array in arrays.values():
        assert array.flags.aligned
        assert array.flags.owndata
        array[...] = 0


def test_bfloat16_agrees_with_pytorch(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    torch = pytest.importorskip("torch")
    safetensors_torch = pytest.importorskip("safetensors.torch")
    values = np.array([1.0, -2.5, 3.14159, np.inf, 0.0, 1e-40], np.float32).astype(ml_dtypes.bfloat16)
    content = written({"w": values, "scalar": values[2].reshape(()), "empty": values[:0]})
    loaded = safetensors_torch.load(content)
    assert loaded["w"].dtype == torch.bfloat16
    assert loaded["w"].view(torch.int16).numpy().tobytes() == values.tobytes()
    assert_same(read(safetensors_torch.save(loaded)), read(content))
    assert read(content)["w"].dtype == values.dtype


def test_an_unknown_dtype_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"layer/w: dtype complex128 can't be stored"):
        written({"layer/w": np.zeros(2, complex)})


def header(entries: object, data: bytes = b"") -> bytes:
    text = json.dumps(entries).encode()
    return len(text).to_bytes(8, "little") + text + data


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        (10**6).to_bytes(8, "little") + b"{}",
        header([]),
        header({"w": 3}),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}, bytes(4)),
        header({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, bytes(4)),
        header({"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, -4]}}, bytes(4)),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, bytes(8)),
        header({"w": {"dtype": "O", "shape": [1], "data_offsets": [0, 8]}}, bytes(8)),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(3)),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(5)),
        header({"w": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 4]}}, bytes(4)),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": "ab"}}, bytes(4)),
        header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 8]}}, bytes(4)),
        header(
            {
                "v": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
                "w": {"dtype": "F32", "shape": [1], "data_offsets": ["0", 4]},
            },
            bytes(8),
        ),
    ],
)
def test_a_file_that_is_not_whole_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(content)
