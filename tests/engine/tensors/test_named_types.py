"""Tensor and the first names of types, called, asked and used as names of types."""

import copy
import pickle
from collections.abc import Iterator

import numpy as np
import pytest

import engine
from engine import Tensor

NAMES = {
    "FloatTensor": engine.float32,
    "DoubleTensor": engine.float64,
    "HalfTensor": engine.float16,
    "BFloat16Tensor": engine.bfloat16,
    "LongTensor": engine.int64,
    "IntTensor": engine.int32,
    "ShortTensor": engine.int16,
    "CharTensor": engine.int8,
    "ByteTensor": engine.uint8,
    "BoolTensor": engine.bool,
}


@pytest.fixture
def double() -> Iterator[None]:
    before = engine.get_default_dtype()
    engine.set_default_dtype(engine.float64)
    yield
    engine.set_default_dtype(before)


@pytest.mark.parametrize("name", NAMES)
def test_each_makes_and_knows_and_names_its_type(name: str) -> None:
    kind = getattr(engine, name)
    tensor = kind([1, 0])
    assert tensor.dtype is NAMES[name]
    assert isinstance(tensor, kind)
    assert not any(isinstance(tensor, getattr(engine, other)) for other in NAMES if other != name)
    assert tensor.type() == f"engine.{name}"
    for given in (kind, f"engine.{name}", f"torch.{name}", tensor.type()):
        assert engine.ones(2).type(given).dtype is NAMES[name]


def test_data_or_sizes() -> None:
    assert Tensor([1, 2]).tolist() == [1.0, 2.0]
    assert Tensor((2, 3)).tolist() == [2.0, 3.0]
    assert Tensor(np.arange(3)).dtype is engine.float32
    assert Tensor(2, 3).shape == Tensor(engine.Size([2, 3])).shape == (2, 3)
    assert Tensor(np.int64(3)).shape == (3,)
    assert Tensor().shape == Tensor([]).shape == (0,)
    assert engine.LongTensor([1.5]).tolist() == [1]


@pytest.mark.usefixtures("double")
def test_the_default_type_is_taken() -> None:
    assert Tensor([1]).dtype is Tensor(2).dtype is engine.float64


def test_a_tensor_is_shared() -> None:
    original = engine.ones(2)
    Tensor(original).zero_()
    assert original.tolist() == [0, 0]
    assert Tensor(engine.ones(2, dtype=engine.int64)).dtype is engine.int64


@pytest.mark.parametrize("data", [5.0, None, "a", True])
def test_what_is_neither_data_nor_a_size_is_refused(data: object) -> None:
    with pytest.raises(TypeError, match=f"sequence.*{type(data).__name__}"):
        Tensor(data)


def test_refusals() -> None:
    with pytest.raises(TypeError, match=r"float32.*int64"):
        engine.FloatTensor(engine.ones(2, dtype=engine.int64))
    with pytest.raises(RuntimeError, match="negative dimension -1"):
        Tensor(-1)
    with pytest.raises(RuntimeError, match=r"on the CPU .got meta."):
        Tensor(2, device="meta")
    with pytest.raises(ValueError, match=r"invalid type: 'engine.Floating'"):
        engine.ones(1).type("engine.Floating")


@pytest.mark.usefixtures("double")
def test_the_default_type_is_set_by_its_first_name() -> None:
    engine.set_default_tensor_type(engine.FloatTensor)
    assert engine.get_default_dtype() is engine.float32
    engine.set_default_tensor_type("torch.DoubleTensor")
    assert engine.ones(1).dtype is engine.float64
    with pytest.raises(TypeError, match="floating-point"):
        engine.set_default_tensor_type(engine.LongTensor)


def test_copies_are_of_the_same_class() -> None:
    tensor = Tensor([1, 2])
    for twin in (copy.copy(tensor), copy.deepcopy(tensor), pickle.loads(pickle.dumps(tensor))):
        assert type(twin) is Tensor
        assert engine.equal(twin, tensor)
