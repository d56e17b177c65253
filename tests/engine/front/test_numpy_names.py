"""`axis` and `keepdims` are understood wherever PyTorch understands them, beside `dim` and `keepdim`."""

from typing import Any

import numpy as np
import pytest

import engine as named

# What checkers know of has PyTorch's own names alone.
front: Any = named

ARRAY = np.random.default_rng(4).normal(size=(3, 4))
REDUCTIONS = {"sum": "sum", "mean": "mean", "prod": "prod", "amax": "max", "amin": "min", "argmax": "argmax"}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name: str) -> None:
    tensor = front.from_numpy(ARRAY)
    wanted = getattr(np, REDUCTIONS[name])(ARRAY, axis=1, keepdims=True)
    np.testing.assert_allclose(getattr(front, name)(tensor, axis=1, keepdims=True), wanted)
    np.testing.assert_allclose(getattr(tensor, name)(axis=1, keepdims=True), wanted)


def test_other_functions() -> None:
    tensor = front.from_numpy(ARRAY)
    np.testing.assert_allclose(front.cat([tensor, tensor], axis=1), np.concatenate([ARRAY, ARRAY], axis=1))
    np.testing.assert_allclose(front.stack([tensor, tensor], axis=2), np.stack([ARRAY, ARRAY], axis=2))
    np.testing.assert_allclose(front.cumsum(tensor, axis=0), np.cumsum(ARRAY, axis=0))
    np.testing.assert_allclose(tensor.clone().cumsum_(axis=0), np.cumsum(ARRAY, axis=0))
    np.testing.assert_allclose(front.std(tensor, axis=0), ARRAY.std(axis=0, ddof=1))
    np.testing.assert_allclose(tensor.max(axis=0).values, ARRAY.max(axis=0))
    np.testing.assert_allclose(front.linalg.norm(tensor, axis=1), np.linalg.norm(ARRAY, axis=1))
    np.testing.assert_allclose(front.softmax(tensor, axis=1).sum(axis=1), np.ones(3))
    assert tensor.unsqueeze(axis=1).squeeze(axis=1).shape == (3, 4)


CALLS: list[Any] = [
    lambda tensor: tensor.sum(axis=1, dim=1),
    lambda tensor: front.max(tensor, axis=1, dim=1),
    lambda tensor: front.softmax(tensor, axis=1, dim=1),
]


@pytest.mark.parametrize("call", CALLS)
def test_both_names_at_once_are_refused(call: Any) -> None:
    with pytest.raises(TypeError, match="'dim' twice"):
        call(front.ones(2, 2))


def test_functions_without_dimensions_take_no_axis() -> None:
    with pytest.raises(TypeError, match="axis"):
        front.exp(front.ones(2), axis=0)
    with pytest.raises(TypeError, match="axis"):
        front.Tensor.exp(front.ones(2), axis=0)
