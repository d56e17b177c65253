"""`out=`: results in tensors that the caller gives."""

import numpy as np
import pytest

import engine
from engine import Tensor


def numbers(*shape: int) -> Tensor:
    return engine.from_numpy(np.random.default_rng(0).standard_normal(shape))


def test_the_result_is_written_into_out_and_out_returned() -> None:
    x, out = numbers(3), engine.zeros(3, dtype=engine.float64)
    memory = out.data_ptr()
    assert engine.exp(x, out=out) is out
    assert out.data_ptr() == memory
    assert out.numpy() == pytest.approx(np.exp(x.numpy()))


@pytest.mark.parametrize("function", [engine.add, engine.mul, engine.matmul, engine.maximum])
def test_functions_of_two_tensors_write_into_out(function: object) -> None:
    x, y, out = numbers(2, 2), numbers(2, 2) + 1, engine.empty(2, 2, dtype=engine.float64)
    assert callable(function)
    function(x, y, out=out)
    assert engine.equal(out, function(x, y))


def test_a_named_tuple_of_outputs_is_made_of_the_tensors_given() -> None:
    x = numbers(4)
    values, indices = engine.empty(0, dtype=engine.float64), engine.empty(0, dtype=engine.int64)
    result = engine.sort(x, out=(values, indices))
    assert result.values is values
    assert result.indices is indices
    assert engine.equal(values, engine.sort(x).values)


def test_elementwise_functions_write_over_their_input() -> None:
    x = numbers(3)
    expected = np.exp(x.numpy())
    engine.exp(x, out=x)
    assert x.numpy() == pytest.approx(expected)


def test_an_empty_out_takes_the_shape_of_the_result() -> None:
    out = engine.empty(0)
    engine.add(engine.ones(2, 3), 1, out=out)
    assert out.tolist() == [[2, 2, 2], [2, 2, 2]]


def test_an_out_of_another_shape_is_resized_with_a_warning() -> None:
    out = engine.ones(5)
    with pytest.warns(UserWarning, match=r"resized since it had shape \[5\].*\[2\]"):
        engine.add(engine.ones(2), 1, out=out)
    assert out.tolist() == [2, 2]


def test_gradients_and_out_exclude_each_other() -> None:
    x, out = numbers(3).requires_grad_(), engine.empty(3, dtype=engine.float64)
    with pytest.raises(RuntimeError, match=r"exp\(\): functions with out=... arguments don't support"):
        engine.exp(x, out=out)
    with engine.no_grad():
        assert not engine.exp(x, out=out).requires_grad


def test_a_type_that_the_result_cannot_be_cast_to_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"result type engine\.float64 can't be cast.*engine\.int64"):
        engine.exp(numbers(2), out=engine.zeros(2, dtype=engine.int64))


def test_memory_that_overlaps_is_refused() -> None:
    x = numbers(4)
    with pytest.raises(RuntimeError, match=r"refers to a single memory location: shape \[4\], strides \[0\]"):
        engine.exp(x, out=numbers(1).expand(4))
    with pytest.raises(RuntimeError, match=r"some elements of the input tensor and the written-to tensor"):
        engine.exp(x[:3], out=x[1:])


def test_what_is_no_tensor_is_refused() -> None:
    with pytest.raises(TypeError, match=r"exp\(\): argument 'out' must be a tensor, not int 3"):
        engine.exp(numbers(2), out=3)
