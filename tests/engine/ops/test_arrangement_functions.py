"""Functions that arrange, combine, copy and write over views, beside NumPy, and their gradients beside numeric ones."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine.testing.gradcheck import numeric_direction

X = np.random.default_rng(3).normal(size=(3, 4))
CUBE = np.random.default_rng(4).normal(size=(2, 3, 4))
ROW = np.array([1.0, 2.0, 3.0])


def placed(x: np.ndarray, mask: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A copy with the values where the mask stands, in order."""
    result = x.copy()
    np.place(result, mask, values)
    return result


def written(target: np.ndarray, show: Callable[[np.ndarray], np.ndarray], src: Any) -> np.ndarray:
    result = target.copy()
    show(result)[...] = src
    return result


def on_main_diagonal(values: np.ndarray) -> np.ndarray:
    result = X.copy()
    for place, value in enumerate(values):
        result[place, place] = value
    return result


MASK = X > 0
CASES: dict[str, tuple[Callable[[], Any], Any]] = {
    "atleast_1d": (lambda: engine.atleast_1d(engine.tensor(2.0)), np.array([2.0])),
    "atleast_2d": (lambda: engine.atleast_2d(engine.tensor(ROW)), ROW[None]),
    "atleast_3d": (lambda: engine.atleast_3d(engine.tensor(ROW)), ROW[None, :, None]),
    "rot90": (lambda: engine.rot90(engine.tensor(X)), np.rot90(X)),
    "rot90 thrice": (lambda: engine.rot90(engine.tensor(CUBE), 3, (1, 2)), np.rot90(CUBE, 3, (1, 2))),
    "rot90 back": (lambda: engine.rot90(engine.tensor(CUBE), -1, (2, 0)), np.rot90(CUBE, -1, (2, 0))),
    "diagflat": (lambda: engine.diagflat(engine.tensor(X), 1), np.diagflat(X, 1)),
    "block_diag": (
        lambda: engine.block_diag(engine.tensor(X), engine.tensor(ROW), engine.tensor(5.0)),
        np.block(
            [
                [X, np.zeros((3, 4))],
                [np.zeros((1, 4)), ROW[None], np.zeros((1, 1))],
                [np.zeros((1, 7)), np.full((1, 1), 5.0)],
            ]
        ),
    ),
    "cartesian_prod": (
        lambda: engine.cartesian_prod(engine.tensor(ROW), engine.tensor(X[0])),
        np.array(list(itertools.product(ROW, X[0]))),
    ),
    "combinations": (
        lambda: engine.combinations(engine.tensor(X[0]), 3),
        np.array(list(itertools.combinations(X[0], 3))),
    ),
    "combinations with replacement": (
        lambda: engine.combinations(engine.tensor(ROW), with_replacement=True),
        np.array(list(itertools.combinations_with_replacement(ROW, 2))),
    ),
    "meshgrid ij": (
        lambda: engine.stack(engine.meshgrid(engine.tensor(ROW), engine.tensor(X[0]), indexing="ij")),
        np.stack(np.meshgrid(ROW, X[0], indexing="ij")),
    ),
    "meshgrid xy": (
        lambda: engine.stack(engine.meshgrid(engine.tensor(ROW), engine.tensor(X[0]), indexing="xy")),
        np.stack(np.meshgrid(ROW, X[0], indexing="xy")),
    ),
    "select_scatter": (
        lambda: engine.select_scatter(engine.tensor(X), engine.tensor(ROW), 1, -1),
        written(X, lambda x: x[:, -1], ROW),
    ),
    "slice_scatter": (
        lambda: engine.slice_scatter(engine.tensor(X), engine.tensor(CUBE[0][:, :2]), 1, 0, 9, 2),
        written(X, lambda x: x[:, ::2], CUBE[0][:, :2]),
    ),
    "diagonal_scatter": (
        lambda: engine.diagonal_scatter(engine.tensor(X), engine.tensor(ROW)),
        on_main_diagonal(ROW),
    ),
    "as_strided_scatter": (
        lambda: engine.as_strided_scatter(engine.tensor(X), engine.tensor(ROW), (3,), (2,), 1),
        written(X, lambda x: x.ravel()[1:6:2], ROW),
    ),
    "masked_scatter": (
        lambda: engine.masked_scatter(engine.tensor(X), engine.tensor(MASK), engine.arange(12.0).double()),
        placed(X, MASK, np.arange(12.0)),
    ),
    "put": (
        lambda: engine.put(engine.tensor(X), engine.tensor([[0, -1]]), engine.tensor([[7.0, 8.0]]).double()),
        written(written(X, lambda x: x[0, :1], 7.0), lambda x: x[-1, -1:], 8.0),
    ),
    "index_reduce": (
        lambda: engine.index_reduce(engine.tensor(X), 0, engine.tensor([2, 2]), engine.tensor(CUBE[0][:2]), "amax"),
        written(X, lambda x: x[2], np.max([X[2], CUBE[0][0], CUBE[0][1]], axis=0)),
    ),
    "scatter by multiplication": (
        lambda: engine.scatter(engine.tensor(ROW), 0, engine.tensor([1, 1]), value=3.0, reduce="multiply"),
        np.array([1.0, 18.0, 3.0]),
    ),
    "take_along_dim from the end": (
        lambda: engine.take_along_dim(engine.tensor(X), engine.tensor([[-1]]), 1),
        X[:, -1:],
    ),
    "unravel_index": (
        lambda: engine.stack(engine.unravel_index(engine.tensor([5, 23, 0]), (2, 3, 4))),
        np.stack(np.unravel_index([5, 23, 0], (2, 3, 4))),
    ),
    "nonzero_static": (
        lambda: engine.nonzero_static(engine.tensor([0, 2, 3]), size=3, fill_value=9),
        np.array([[1], [2], [9]]),
    ),
    "expand_copy": (lambda: engine.expand_copy(engine.tensor(ROW), (2, 3)), np.stack([ROW, ROW])),
    "view_copy": (lambda: engine.view_copy(engine.tensor(X), (2, 6)), X.reshape(2, 6)),
    "slice_copy": (lambda: engine.slice_copy(engine.tensor(X), 1, 1, None, 2), X[:, 1::2]),
    "unfold_copy": (
        lambda: engine.unfold_copy(engine.tensor(X[0]), 0, 3, 1),
        np.lib.stride_tricks.sliding_window_view(X[0], 3),
    ),
    "tensor_split by a tensor": (
        lambda: engine.tensor_split(engine.tensor(X), engine.tensor([1, 3]), 1)[1],
        X[:, 1:3],
    ),
    "logspace": (lambda: engine.logspace(0, 3, 4, base=2, dtype=engine.float64), np.array([1.0, 2.0, 4.0, 8.0])),
}


@pytest.mark.parametrize("name", CASES)
def test_like_numpy(name: str) -> None:
    compute, expected = CASES[name]
    np.testing.assert_array_equal(compute().numpy(), expected)


GRADIENTS: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]] = {
    "as_strided over itself": (lambda x: x.as_strided((3, 3), (1, 2), 1), (X,)),
    "as_strided of a turned view": (lambda x: x.t()[1:].as_strided((2, 3), (1, 4)), (X,)),
    "as_strided of a repeated view": (lambda x: x[:1].expand(3, 4).as_strided((2, 2), (1, 1)), (X,)),
    "select_scatter": (lambda x, src: engine.select_scatter(x, src, 0, 1), (X, X[0])),
    "slice_scatter": (lambda x, src: engine.slice_scatter(x, src, 0, 1), (X, X[1:])),
    "diagonal_scatter": (lambda x, src: engine.diagonal_scatter(x, src, 1), (X, ROW)),
    "as_strided_scatter": (lambda x, src: engine.as_strided_scatter(x, src, (2, 2), (1, 2), 3), (X, X[:2, :2])),
    "masked_scatter": (lambda x, src: engine.masked_scatter(x, engine.tensor(MASK), src), (X, CUBE[0])),
    "index_reduce": (
        lambda x, src: engine.index_reduce(x, 1, engine.tensor([0, 2, 0]), src, "prod"),
        (X, X[:, 1:]),
    ),
    "block_diag": (engine.block_diag, (X, ROW)),
    "meshgrid": (lambda x, y: engine.stack(engine.meshgrid(x, y, indexing="xy")), (ROW, X[0])),
    "circular padding": (lambda x: engine.nn.functional.pad(x, (2, -1), "circular"), (X,)),
    "unsqueeze_ and t_": (lambda x: (x * x)[0].unsqueeze_(0).t_() * 2, (X,)),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_first_and_second_gradients(name: str) -> None:
    function, points = GRADIENTS[name]
    rng = np.random.default_rng(11)

    def value(arrays: Any, collect: bool = False) -> tuple[Any, list[Any]]:
        tensors = [engine.tensor(each, requires_grad=collect) for each in arrays]
        return (function(*tensors) ** 3).sum(), tensors

    result, leaves = value(points, True)
    first = engine.autograd.grad(result, leaves, create_graph=True)
    directions = [rng.normal(size=each.shape) for each in points]
    along = sum((g * engine.tensor(d)).sum() for g, d in zip(first, directions, strict=True))
    numeric = numeric_direction(lambda arrays: value(arrays)[0].item(), points, directions)
    np.testing.assert_allclose(along.item(), numeric, rtol=1e-6, atol=1e-9)

    def slope(arrays: Any) -> float:
        outcome, tensors = value(arrays, True)
        found = engine.autograd.grad(outcome, tensors)
        return sum(float((g.numpy() * d).sum()) for g, d in zip(found, directions, strict=True))

    second = engine.autograd.grad(along, leaves)
    twice = sum(float((g.numpy() * d).sum()) for g, d in zip(second, directions, strict=True))
    np.testing.assert_allclose(twice, numeric_direction(slope, points, directions), rtol=1e-6, atol=1e-9)


def test_strides_count_in_the_memory_that_views_share() -> None:
    line = engine.arange(10.0)
    part = line[4:8]
    assert part.storage_offset() == 4
    assert part.as_strided((2, 2), (1, 2)).tolist() == [[4, 6], [5, 7]]
    assert part.as_strided((2,), (3,), 0).tolist() == [0, 3]
    part.as_strided((2,), (1,), 8).zero_()
    assert line.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0, 0]
    with pytest.raises(RuntimeError, match="storage of 10 elements"):
        part.as_strided((2,), (1,), 9)


def test_views_taken_in_place_share_memory() -> None:
    whole = engine.arange(6.0).view(2, 3)
    same = whole.detach()
    assert whole.t_() is whole
    assert whole.shape == (3, 2)
    assert whole.stride() == (1, 3)
    assert whole.unsqueeze_(0).squeeze_(0).transpose_(0, 1).tolist() == same.tolist()
    whole[0, 0] = 9
    assert same[0, 0] == 9
    leaf = engine.zeros(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        leaf.unsqueeze_(0)


def test_resize_keeps_the_memory_while_it_lasts() -> None:
    x = engine.arange(6.0)
    twin = x[:]
    assert x.resize_(2, 2).tolist() == [[0, 1], [2, 3]]
    x[0, 0] = 7
    assert twin[0] == 7
    assert x.resize_(8)[:6].tolist() == [7, 1, 2, 3, 4, 5]
    assert x.resize_as_(engine.zeros(3)).shape == (3,)
    with pytest.raises(RuntimeError, match="require grad"):
        engine.zeros(2, requires_grad=True).resize_(1)


def test_memory_formats() -> None:
    images = engine.arange(24.0).view(1, 2, 3, 4)
    last = images.contiguous(memory_format=engine.channels_last)
    assert last.stride() == (24, 1, 8, 2)
    assert last.tolist() == images.tolist()
    assert last.is_contiguous(memory_format=engine.channels_last)
    assert not last.is_contiguous()
    assert engine.zeros_like(last).stride() == last.stride()
    assert engine.zeros_like(last, memory_format=engine.contiguous_format).stride() == images.stride()
    assert images.double(memory_format=engine.channels_last).stride() == last.stride()
    assert images.to(memory_format=engine.contiguous_format) is images
    with pytest.raises(RuntimeError, match="required rank 4"):
        images[0].contiguous(memory_format=engine.channels_last)


def test_bytes_seen_as_another_type() -> None:
    x = engine.tensor([[1.0, -2.0], [0.5, 3.0]])
    np.testing.assert_array_equal(x.view(engine.int32).numpy(), x.numpy().view("int32"))
    assert x.view(engine.uint8).shape == (2, 8)
    assert x.view(engine.float64).shape == (2, 1)
    x.view(engine.int32).zero_()
    assert x.abs().sum() == 0
    with pytest.raises(RuntimeError, match=r"self.stride\(-1\) must be 1"):
        x.t().view(engine.uint8)
    with pytest.raises(RuntimeError, match="must be divisible by 2"):
        engine.zeros(3).view(engine.float64)


def test_fill_diagonal() -> None:
    for wrap in (False, True):
        expected = np.zeros((7, 3))
        np.fill_diagonal(expected, 2.0, wrap=wrap)
        np.testing.assert_array_equal(engine.zeros(7, 3).fill_diagonal_(2.0, wrap).numpy(), expected)
    with pytest.raises(RuntimeError, match="equal length"):
        engine.zeros(2, 3, 2).fill_diagonal_(1.0)


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x[1:].copy_(x[:-1]),
        lambda x: x.view(3, 3).copy_(x.view(3, 3).t()),
        lambda x: x.index_copy_(0, engine.tensor([0]), x[4:5]),
        lambda x: x.scatter_(0, engine.tensor([1, 0]), x[:2]),
        lambda x: x.scatter_reduce_(0, engine.tensor([1, 0]), x[:2], "sum"),
    ],
)
def test_writes_from_memory_that_the_target_holds_are_refused(write: Callable[[Any], Any]) -> None:
    x = engine.arange(9.0)
    with pytest.raises(RuntimeError, match="single memory location"):
        write(x)
    assert x.tolist() == list(range(9))


def test_halves_may_be_written_from_each_other() -> None:
    x = engine.arange(6.0)
    x[:3].copy_(x[3:])
    assert x.copy_(x).tolist() == [3, 4, 5, 3, 4, 5]


@pytest.mark.parametrize(
    ("call", "error", "named"),
    [
        (lambda: engine.hsplit(engine.zeros(2, 5), 2), RuntimeError, "size of the dimension 5"),
        (lambda: engine.dsplit(engine.zeros(2, 5), 1), RuntimeError, r"\[2, 5\]"),
        (lambda: engine.vsplit(engine.zeros(4), 2), RuntimeError, "at least 2"),
        (lambda: engine.tensor_split(engine.zeros(4), engine.tensor(1.0)), RuntimeError, "float32"),
        (lambda: engine.split(engine.zeros(4), -1), RuntimeError, "split_size=-1"),
        (lambda: engine.cat([]), ValueError, "non-empty"),
        (lambda: engine.hstack([]), RuntimeError, "non-empty"),
        (lambda: engine.rot90(engine.zeros(2, 2), 1, (0, -2)), RuntimeError, "dim0 = 0 and dim1 = -2"),
        (lambda: engine.meshgrid(engine.zeros(2, 2)), RuntimeError, r"\[2, 2\]"),
        (lambda: engine.meshgrid(engine.zeros(2), indexing="zz"), RuntimeError, "zz"),
        (lambda: engine.combinations(engine.zeros(2), -1), RuntimeError, "-1"),
        (lambda: engine.block_diag(engine.zeros(1, 1, 1)), RuntimeError, "3 dimensions"),
        (lambda: engine.select_scatter(engine.zeros(2, 3), engine.zeros(2), 0, 1), RuntimeError, r"slice size = \[3\]"),
        (lambda: engine.zeros(3).put_(engine.tensor([3]), engine.ones(1)), IndexError, "index 3"),
        (lambda: engine.zeros(3).put_(engine.tensor([0]), engine.ones(2)), IndexError, "source.numel"),
        (lambda: engine.zeros(3).masked_scatter_(engine.ones(3).bool(), engine.ones(2)), RuntimeError, "2 < 3"),
        (lambda: engine.zeros(2).scatter_reduce(0, engine.tensor([0]), engine.ones(1), "max"), RuntimeError, "max"),
        (lambda: engine.zeros(2).gather(0, engine.tensor([2])), RuntimeError, "index 2"),
        (lambda: engine.arange(0, float("inf")), RuntimeError, "0 -> inf"),
        (lambda: engine.full((2,), 300, dtype=engine.uint8), RuntimeError, "300"),
        (lambda: engine.empty_strided((2, 3), (1,)), RuntimeError, "dimensionality of sizes"),
        (lambda: engine.zeros(2, layout="sparse"), NotImplementedError, "sparse"),
    ],
)
def test_refusals(call: Callable[[], Any], error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        call()
