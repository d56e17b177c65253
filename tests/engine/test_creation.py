"""Tensors made from data and numbers have PyTorch's values, dtypes and errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine

MADE: dict[str, Callable[[Any], Any]] = {
    "number": lambda lib: lib.tensor(3),
    "float": lambda lib: lib.tensor(3.5),
    "truth": lambda lib: lib.tensor(True),
    "mixed": lambda lib: lib.tensor([1, 2.5, True]),
    "truths and wholes": lambda lib: lib.tensor([[True, 2], [3, False]]),
    "empty": lambda lib: lib.tensor([]),
    "empty rows": lambda lib: lib.tensor([[], []]),
    "numpy": lambda lib: lib.tensor(np.arange(3, dtype="int16")),
    "numpy number": lambda lib: lib.tensor(np.float64(1.5)),
    "numpy numbers in a list": lambda lib: lib.tensor([np.float64(1.5), np.float64(2)]),
    "numpy floats of two sizes": lambda lib: lib.tensor([np.float32(1.5), np.int8(2)]),
    "arrays in a list": lambda lib: lib.tensor(np.array([[1, 2], [3, 4]], "uint8").tolist()),
    "tensors in a list": lambda lib: lib.tensor([lib.tensor(1), lib.tensor(2.5)]),
    "range": lambda lib: lib.tensor(range(4)),
    "dtype": lambda lib: lib.tensor([1.7, -2.7], dtype=lib.int32),
    "half": lambda lib: lib.tensor([1, 2], dtype=lib.float16),
    "big-endian": lambda lib: lib.tensor(np.array([1.5, 2.5], "<f4")),
    "zeros": lambda lib: lib.zeros(2, 3),
    "zeros of a list": lambda lib: lib.zeros([2, 3], dtype=lib.int64),
    "ones": lambda lib: lib.ones((2,)),
    "no dimensions": lambda lib: lib.zeros(()),
    "full of whole": lambda lib: lib.full((2,), 3),
    "full of truth": lambda lib: lib.full((2,), True),
    "full of float": lambda lib: lib.full((2, 1), 0.1),
    "arange": lambda lib: lib.arange(5),
    "arange of three": lambda lib: lib.arange(1, 10, 3),
    "arange down": lambda lib: lib.arange(5, 0, -2),
    "arange of floats": lambda lib: lib.arange(0, 1, 0.1),
    "arange of none": lambda lib: lib.arange(3, 3),
    "arange of a type": lambda lib: lib.arange(3, dtype=lib.float64),
    "linspace": lambda lib: lib.linspace(-1, 2, 7, dtype=lib.float64),
    "linspace of one": lambda lib: lib.linspace(3, 9, 1),
    "linspace of none": lambda lib: lib.linspace(3, 9, 0),
    "eye": lambda lib: lib.eye(3),
    "wide eye": lambda lib: lib.eye(2, 4, dtype=lib.int64),
    "zeros_like": lambda lib: lib.zeros_like(lib.ones(2, dtype=lib.int8)),
    "ones_like": lambda lib: lib.ones_like(lib.zeros(2, 1), dtype=lib.int64),
    "full_like": lambda lib: lib.full_like(lib.zeros(2, 1), 7),
    "tril_indices": lambda lib: lib.tril_indices(3, 4, 1),
    "triu_indices": lambda lib: lib.triu_indices(3, 3),
    "new_tensor": lambda lib: lib.zeros(1, dtype=lib.float64).new_tensor([1, 2]),
    "new_full": lambda lib: lib.zeros(1, dtype=lib.int8).new_full((2,), 3),
    "new_ones": lambda lib: lib.zeros(1, dtype=lib.int8).new_ones(2, 2, dtype=lib.float32),
    "new_zeros": lambda lib: lib.zeros(1).new_zeros((2, 2)),
    "to a type": lambda lib: lib.tensor([1.7, -2.7]).to(lib.int64),
    "casts": lambda lib: lib.tensor([0.0, 300.5]).double().half().long().bool(),
    "type_as": lambda lib: lib.tensor([1.5]).type_as(lib.tensor(1)),
}

REFUSED: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "ragged": (lambda lib: lib.tensor([[1, 2], [3]]), ValueError, "expected sequence of length 2 at dim 1 (got 1)"),
    "negative": (
        lambda lib: lib.empty(2, -1),
        RuntimeError,
        "Trying to create tensor with negative dimension -1: [2, -1]",
    ),
    "step": (lambda lib: lib.arange(1, 5, 0), RuntimeError, "step must be nonzero"),
    "direction": (
        lambda lib: lib.arange(1, 5, -1),
        RuntimeError,
        "upper bound and lower bound inconsistent with step sign",
    ),
    "whole leaf": (lambda lib: lib.tensor([1], requires_grad=True), RuntimeError, "nly "),
    "numpy of a leaf": (
        lambda lib: lib.ones(1, requires_grad=True).numpy(),
        RuntimeError,
        "Can't call numpy() on Tensor that",
    ),
    "item of many": (
        lambda lib: lib.ones(2).item(),
        RuntimeError,
        "a Tensor with 2 elements cannot be converted to Scalar",
    ),
    "int of many": (
        lambda lib: int(lib.ones(2)),
        ValueError,
        "only one element tensors can be converted to Python scalars",
    ),
    "float of many": (
        lambda lib: float(lib.ones(2)),
        ValueError,
        "only one element tensors can be converted to Python scalars",
    ),
    "invert floats": (lambda lib: ~lib.ones(2), TypeError, "only implemented on integer and Boolean-type tensors"),
    "equal to a number": (lambda lib: lib.equal(lib.ones(1), 1), TypeError, "equal(): argument 'other'"),
    "shapes that don't fit": (
        lambda lib: lib.ones(2, 3) + lib.ones(3, 2),
        RuntimeError,
        "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1",
    ),
    "truth of many": (
        lambda lib: bool(lib.ones(2)),
        RuntimeError,
        "Boolean value of Tensor with more than one value is",
    ),
    "truth of none": (
        lambda lib: bool(lib.ones(0)),
        RuntimeError,
        "Boolean value of Tensor with no values is ambiguous",
    ),
    "length": (lambda lib: len(lib.tensor(1)), TypeError, "len() of a 0-d tensor"),
    "iteration": (lambda lib: iter(lib.tensor(1)), TypeError, "iteration over a 0-d tensor"),
    "index": (
        lambda lib: range(3)[lib.tensor(1.5)],
        TypeError,
        "only integer tensors of a single element can be converted",
    ),
    "text": (lambda lib: lib.tensor("a"), TypeError, "data type 'str'"),
    "a list of text": (lambda lib: lib.tensor(["a"]), ValueError, "too many dimensions 'str'"),
    "nothing": (lambda lib: lib.tensor([1, None]), RuntimeError, "Could not infer dtype of NoneType"),
    "nothing as a float": (
        lambda lib: lib.tensor([1, None], dtype=lib.float64),
        TypeError,
        "must be real number, not NoneType",
    ),
    "a dict": (lambda lib: lib.tensor({1: 2}), RuntimeError, "Could not infer dtype of dict"),
    "lists of unequal length": (
        lambda lib: lib.tensor([[[1]], [[2, 3]]]),
        ValueError,
        "expected sequence of length 1 at dim 2 (got 2)",
    ),
    "from a list": (lambda lib: lib.from_numpy([1]), TypeError, "expected np.ndarray (got list)"),
}


@pytest.mark.parity
@pytest.mark.parametrize("name", MADE)
def test_like_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    mine, right = MADE[name](engine), MADE[name](torch)
    assert f"torch.{mine.dtype.name}" == str(right.dtype)
    assert mine.stride() == right.stride()
    np.testing.assert_allclose(mine.numpy(), right.numpy(), rtol=1e-6)


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    make, error, says = REFUSED[name]
    with pytest.raises(error) as caught:
        make(engine)
    assert says in str(caught.value)


@pytest.mark.parity
@pytest.mark.parametrize("name", REFUSED)
def test_refusals_like_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    make, error, says = REFUSED[name]
    with pytest.raises(error) as caught:
        make(torch)
    assert says in str(caught.value)


@pytest.mark.parametrize("name", MADE)
def test_the_same_on_meta(name: str) -> None:
    real = MADE[name](engine)
    assert real.to("meta").shape == real.shape
    assert engine.empty_like(real, device="meta").dtype is real.dtype


def test_memory_is_shared_or_copied() -> None:
    array = np.zeros(3, "float32")
    shared, same, copied = engine.from_numpy(array), engine.as_tensor(array), engine.tensor(array)
    array[0] = 5
    assert (shared[0].item(), same[0].item(), copied[0].item()) == (5, 5, 0)
    shared.numpy()[1] = 7
    assert array.tolist() == [5, 7, 0]
    assert engine.as_tensor(shared) is shared
    assert np.shares_memory(np.asarray(shared), array)


def test_foreign_byte_order_is_refused_or_converted() -> None:
    array = np.array([1.5], dtype=">f4")
    assert engine.tensor(array).tolist() == [1.5]
    with pytest.raises(ValueError, match="byte order"):
        engine.from_numpy(array)


def test_unknown_types_are_named() -> None:
    with pytest.raises(TypeError, match="datetime64"):
        engine.tensor(np.array(["2026-11-20"], dtype="datetime64[D]"))


def test_the_default_dtype_decides_floats() -> None:
    engine.set_default_dtype(engine.float64)
    try:
        assert engine.tensor([1.5]).dtype is engine.float64
        assert (engine.tensor([1, 2]) / 2).dtype is engine.float64
    finally:
        engine.set_default_dtype(engine.float32)
    assert (engine.tensor([1, 2]) / 2).dtype is engine.float32


def test_reading_by_the_host() -> None:
    x = engine.tensor([[1, 2], [3, 4]])
    assert x.tolist() == [[1, 2], [3, 4]]
    assert [row.tolist() for row in x] == [[1, 2], [3, 4]]
    assert (len(x), int(x[1, 1]), float(x[0, 1]), bool(x[0, 0]), range(9)[x[1, 0]]) == (2, 4, 2.0, True, 3)
    assert f"{x[0, 0]:03d}" == "001"
    assert 3 in x


def test_data_is_seen_by_no_version() -> None:
    x = engine.tensor([1.0, 2.0], requires_grad=True)
    x.data.mul_(2)
    assert (x.tolist(), x._version) == ([2.0, 4.0], 0)
    x.data = engine.tensor([1.0, 2.0, 3.0])
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]
