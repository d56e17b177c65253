"""What save writes load gives back, other readers of safetensors understand, and damaged files are refused."""

import contextlib
import io
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.backend.dtype import DTYPES, dtype

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(),
    st.complex_numbers(allow_nan=False),
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(NAMES | st.integers(), inner, max_size=3),
        st.dictionaries(NAMES, inner, max_size=3).map(OrderedDict),
    ),
    max_leaves=8,
)


def passed(value: Any) -> Any:
    file = io.BytesIO()
    engine.save(value, file)
    file.seek(0)
    return engine.load(file)


@given(TREES)
def test_trees_come_back(tree: Any) -> None:
    found = passed(tree)
    assert type(found) is type(tree)
    assert found == tree
    if isinstance(tree, dict):
        assert list(found) == list(tree)


@pytest.mark.parametrize("kind", DTYPES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_tensors_of_all_types_come_back(kind: dtype, shape: tuple[int, ...]) -> None:
    tensor = engine.from_numpy(np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(kind.numpy))
    for given_ in (tensor, tensor.mT if len(shape) == 2 else tensor):
        (found,) = passed([given_])
        assert (found.dtype, found.shape) == (kind, given_.shape)
        np.testing.assert_array_equal(found.numpy(), given_.numpy())


def test_other_values_that_checkpoints_hold() -> None:
    tree = {"size": engine.zeros(2, 3).shape, "type": engine.bfloat16, "device": engine.device("cpu"), "set": {1, 2}}
    assert passed(tree) == tree


def test_parameters_flags_and_shared_memory_come_back() -> None:
    weight = engine.nn.Parameter(engine.ones(3))
    free = engine.ones(2, requires_grad=True)
    found = passed({"tied": [weight, weight], "free": free, "frozen": engine.nn.Parameter(engine.ones(1), False)})
    first, second = found["tied"]
    assert isinstance(first, engine.nn.Parameter)
    assert first.requires_grad
    with engine.no_grad():
        first.add_(1)
    np.testing.assert_array_equal(second.detach().numpy(), [2, 2, 2])
    assert type(found["free"]) is engine.Tensor
    assert found["free"].requires_grad
    assert not found["frozen"].requires_grad


def made() -> tuple[Any, Any]:
    engine.manual_seed(0)
    model = engine.nn.Sequential(engine.nn.Linear(3, 4), engine.nn.BatchNorm1d(4), engine.nn.Linear(4, 1))
    return model, engine.optim.Adam(model.parameters(), lr=0.1)


def step(model: Any, optimizer: Any) -> None:
    optimizer.zero_grad()
    model(engine.arange(12.0).reshape(4, 3)).square().mean().backward()
    optimizer.step()


def test_a_training_state_goes_on_where_it_was(tmp_path: Path) -> None:
    model, optimizer = made()
    step(model, optimizer)
    engine.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "state.pt")
    twin, twins = made()
    loaded = engine.load(tmp_path / "state.pt")
    twin.load_state_dict(loaded["model"])
    twins.load_state_dict(loaded["optimizer"])
    for _ in range(3):
        step(model, optimizer)
        step(twin, twins)
    for mine, right in zip(twin.state_dict().values(), model.state_dict().values(), strict=True):
        np.testing.assert_array_equal(mine.numpy(), right.numpy())


def test_a_state_dict_is_a_plain_safetensors_file_for_others(tmp_path: Path) -> None:
    safetensors_numpy = pytest.importorskip("safetensors.numpy")
    model = engine.nn.Linear(3, 2)
    engine.save(model.state_dict(), tmp_path / "model.safetensors")
    found = safetensors_numpy.load_file(tmp_path / "model.safetensors")
    assert sorted(found) == ["bias", "weight"]
    np.testing.assert_array_equal(found["weight"], model.weight.detach().numpy())


def test_safetensors_under_the_names_of_its_own_package(tmp_path: Path) -> None:
    tensors = {"a": engine.ones(2, 3, dtype=engine.bfloat16), "b": engine.arange(3)}
    engine.safetensors.save_file(tensors, tmp_path / "file")
    for found in (
        engine.safetensors.load_file(tmp_path / "file"),
        engine.safetensors.load(engine.safetensors.save(tensors)),
        engine.load(tmp_path / "file"),
    ):
        assert {name: each.dtype for name, each in found.items()} == {"a": engine.bfloat16, "b": engine.int64}
    with pytest.raises(TypeError, match="complex128"):
        engine.safetensors.save_file({"z": engine.ones(1, dtype=engine.complex128)}, tmp_path / "other")
    no_tensor: Any = 3
    with pytest.raises(TypeError, match=r"`n`.*int"):
        engine.safetensors.save_file({"n": no_tensor}, tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_what_is_no_tensor_is_refused_by_its_place() -> None:
    with pytest.raises(TypeError, match=r"state_dict\(\)"):
        engine.save(engine.nn.Linear(1, 1), io.BytesIO())
    with pytest.raises(TypeError, match=r"model/loss.*function"):
        engine.save({"model": {"loss": lambda: None}}, io.BytesIO())


def test_a_failed_save_keeps_the_old_file(tmp_path: Path) -> None:
    engine.save([1], tmp_path / "state")
    with pytest.raises(TypeError):
        engine.save([object()], tmp_path / "state")
    assert engine.load(tmp_path / "state") == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["state"]


def test_map_location() -> None:
    file = io.BytesIO()
    engine.save({"x": engine.ones(2)}, file)
    for where in ("meta", engine.device("meta"), {"cpu": "meta"}, lambda tensor, name: tensor.to("meta")):
        file.seek(0)
        assert engine.load(file, map_location=where)["x"].device == engine.device("meta")
    file.seek(0)
    with pytest.raises(RuntimeError, match="map_location='cpu'"):
        engine.load(file, map_location="cuda:63")


@given(st.integers(min_value=0), st.integers(0, 255))
def test_damaged_files_are_refused_or_read_never_worse(position: int, value: int) -> None:
    file = io.BytesIO()
    engine.save(
        {"x": engine.ones(2), "list": [1, (2.5, "text")], "tensor": [engine.nn.Parameter(engine.ones(1))]}, file
    )
    content = bytearray(file.getvalue())
    content[position % len(content)] = value
    with contextlib.suppress(ValueError):
        engine.load(io.BytesIO(bytes(content)))


def test_missing_and_foreign_files_say_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        engine.load(tmp_path / "nowhere")
    (tmp_path / "text").write_text("hello, this is a text and no tensors")
    with pytest.raises(ValueError, match=r"text can't be loaded"):
        engine.load(tmp_path / "text")
    np.save(tmp_path / "array.npy", np.ones(2))
    with pytest.raises(ValueError, match="NumPy"):
        engine.load(tmp_path / "array.npy")
