"""Whose memory a tensor shows, copies of tensors, and functions of NumPy and Python over their elements."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn


def test_views_share_one_storage() -> None:
    whole = engine.arange(6, dtype=engine.float64)
    part = whole[2:]
    assert part.untyped_storage() == whole.untyped_storage()
    assert part.untyped_storage().nbytes() == 48
    assert len(part.untyped_storage()) == whole.untyped_storage().size() == 48
    assert part.data_ptr() == part.untyped_storage().data_ptr() + 16
    assert part.clone().untyped_storage() != whole.untyped_storage()


def test_where_a_tensor_lies() -> None:
    here, nowhere = engine.ones(2), engine.ones(2, device="meta")
    assert here.is_cpu
    assert not nowhere.is_cpu
    assert here.get_device() == -1
    assert not any((here.is_shared(), here.is_pinned(), here.is_sparse, here.is_quantized, here.is_nested))
    assert here.is_set_to(here.view(2))
    assert not here.is_set_to(here.clone())
    with pytest.raises(RuntimeError, match="on meta"):
        nowhere.pin_memory()


def test_dimensions_in_memory() -> None:
    images = engine.ones(2, 3, 4, 5).to(memory_format=engine.channels_last)
    assert images.dim_order() == (0, 2, 3, 1)
    assert engine.ones(2, 3).t().dim_order() == (1, 0)


def test_set_shows_the_memory_of_another() -> None:
    source, shown = engine.arange(6.0), engine.zeros(1)
    assert shown.set_(source, 1, (2, 2)) is shown
    source[1] = 9
    assert shown.tolist() == [[9.0, 2.0], [3.0, 4.0]]
    assert engine.ones(3).set_().shape == (0,)
    with pytest.raises(RuntimeError, match="float64"):
        shown.set_(engine.ones(2, dtype=engine.float64))
    with pytest.raises(RuntimeError, match="leaf Variable"):
        engine.zeros(1, requires_grad=True).set_(source)


def test_elements_through_functions_of_python() -> None:
    tensor = engine.tensor([[1, 2], [3, 4]])
    assert tensor.apply_(lambda each: each * 10) is tensor
    assert tensor.map_(engine.tensor([1, 2]), lambda one, other: one + other).tolist() == [[11, 22], [31, 42]]
    assert tensor.map2_(tensor, tensor, lambda one, two, three: one - two - three).tolist() == [[-11, -22], [-31, -42]]
    with pytest.raises(RuntimeError, match="requires grad"):
        engine.ones(1, requires_grad=True).apply_(abs)
    with pytest.raises(TypeError, match="float32"):
        tensor.map_(engine.ones(2), max)


def test_functions_of_numpy_give_tensors() -> None:
    tensor = engine.tensor([0.5, 1.0])
    given: Any = tensor
    sine, total, truths = np.sin(given), np.add(np.ones(2), given), np.isfinite(given)
    assert [type(each) for each in (sine, total, truths)] == [engine.Tensor] * 3
    assert [each.dtype for each in (sine, total, truths)] == [engine.float32, engine.float64, engine.uint8]


@pytest.mark.parametrize("family", [engine.Tensor, nn.Parameter, nn.Buffer])
def test_copy_shows_the_same_memory_without_history(family: Any) -> None:
    data = engine.arange(3.0)
    original = data if family is engine.Tensor else family(data)
    twin = copy.copy(original)
    assert type(twin) is family
    assert twin.requires_grad == original.requires_grad
    assert twin.is_set_to(original)


def test_copy_collects_a_gradient_of_its_own() -> None:
    original = engine.ones(2, requires_grad=True)
    twin = copy.copy(original)
    (twin * 3).sum().backward()
    assert twin.grad.tolist() == [3, 3]
    assert original.grad is None


def test_tensors_travel_between_processes() -> None:
    weight = nn.Parameter(engine.arange(6.0).reshape(2, 3).t())
    found = pickle.loads(pickle.dumps(weight))
    assert type(found) is nn.Parameter
    assert found.requires_grad
    assert found.tolist() == weight.tolist()
    hidden = pickle.loads(pickle.dumps(nn.Buffer(engine.ones(2).to(engine.bfloat16), persistent=False)))
    assert hidden.dtype is engine.bfloat16
    assert not hidden.persistent
    with pytest.raises(NotImplementedError, match="meta"):
        pickle.dumps(engine.ones(1, device="meta"))


def test_results_know_whether_they_keep_gradients() -> None:
    leaf = engine.ones(2, requires_grad=True)
    result = leaf * 2
    assert not result.retains_grad
    result.retain_grad()
    assert result.retains_grad
    assert not leaf.retains_grad
    assert [each.output_nr for each in (leaf * 1).reshape(2, 1).unbind(0)] == [0, 1]


def test_a_view_knows_its_base() -> None:
    tensor = engine.ones(2, 3)
    assert tensor[0][1:]._base is tensor.t()._base is tensor
    assert tensor._base is tensor.clone()._base is tensor.detach()._base is None
    assert tensor[:, engine.newaxis].shape == (2, 1, 3)
