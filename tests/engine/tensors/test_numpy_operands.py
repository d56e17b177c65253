"""Arrays of NumPy at the right of an operator, and keywords that PyTorch's methods know."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine

OPERATORS = (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.mod,
    operator.pow,
    operator.matmul,
    operator.eq,
    operator.iadd,
    operator.imul,
    operator.isub,
    operator.itruediv,
)
LEFT, RIGHT = np.array([[3.0, 1.0], [2.0, 5.0]]), np.array([[2.0, 1.0], [4.0, 3.0]])


@pytest.mark.parametrize("apply", OPERATORS, ids=lambda apply: apply.__name__)
def test_the_tensor_at_the_left_decides(apply: Callable[[Any, Any], Any]) -> None:
    result = apply(engine.tensor(LEFT), RIGHT)
    assert isinstance(result, engine.Tensor)
    np.testing.assert_allclose(result, apply(LEFT.copy(), RIGHT))


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:__array_wrap__ must accept context:DeprecationWarning")
@pytest.mark.parametrize("kind", ["float32", "int64", "bool"])
@pytest.mark.parametrize("apply", OPERATORS[:4], ids=lambda apply: apply.__name__)
def test_types_like_pytorch(apply: Callable[[Any, Any], Any], kind: str) -> None:
    torch = pytest.importorskip("torch")
    left = np.array([True, False]) if kind == "bool" else np.array([2, 3], kind)
    if kind == "bool" and apply is operator.sub:
        pytest.skip("NumPy has no difference of truths")
    right = np.array([1, 2], "int32")
    mine, theirs = apply(engine.from_numpy(left), right), apply(torch.from_numpy(left), right)
    assert f"torch.{mine.dtype.name}" == str(theirs.dtype)
    np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


def test_a_method_takes_no_array_and_other_operands_are_refused() -> None:
    tensor = engine.ones(2)
    with pytest.raises(TypeError, match="'other' must be a tensor or a number, got ndarray"):
        tensor.add(np.ones(2))
    for wrong in ("a", None, [1.0, 2.0]):
        with pytest.raises(TypeError, match="'other' must be a tensor or a number"):
            tensor + wrong
    assert (tensor != np.array([1.0, 2.0])).tolist() == [False, True]


def test_keywords() -> None:
    tensor = engine.ones(2, 3)
    assert tensor.new_zeros(size=(2,)).tolist() == [0, 0]
    assert tensor.new_ones(size=[2]).tolist() == [1, 1]
    assert tensor.new_empty(size=(1, 2)).shape == (1, 2)
    assert tensor[None].bmm(mat2=tensor.t()[None]).shape == (1, 2, 2)
    assert engine.split(tensor=tensor, split_size_or_sections=1)[1].shape == (1, 3)
    assert engine.searchsorted(engine.arange(3.0), input=engine.tensor([1.5])).tolist() == [2]
    assert engine.device(type="cuda", index=1) == engine.device("cuda:1")
    out = engine.empty(2, 3)
    assert engine.nn.functional.normalize(tensor, dim=1, out=out) is out
    np.testing.assert_allclose(out.norm(dim=1), [1, 1], rtol=1e-6)
    assert engine.nn.init._calculate_fan_in_and_fan_out(tensor) == (3, 2)
