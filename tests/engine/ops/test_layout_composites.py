"""What layout, joining, indexing and padding compose of ops: PyTorch's values, gradients, strides, aliases, errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine.ops.layouts.padding import pad

Call = Callable[[Any, Any], Any]


def padded(lib: Any, x: Any, *arguments: Any, **keywords: Any) -> Any:
    return pad(x, *arguments, **keywords) if lib is engine else lib.nn.functional.pad(x, *arguments, **keywords)


CALLS: dict[str, Call] = {
    "transpose": lambda lib, x: x.transpose(0, -1),
    "t": lambda lib, x: x[0].t(),
    "T": lambda lib, x: x[0].T,
    "mT": lambda lib, x: x.mT,
    "movedim": lambda lib, x: lib.movedim(x, (0, 2), (1, 0)),
    "movedim of one": lambda lib, x: x.movedim(0, -1),
    "swapaxes": lambda lib, x: x.swapaxes(0, 1),
    "squeeze": lambda lib, x: x[:1].squeeze(),
    "squeeze a dim": lambda lib, x: x[:1, :, :1].squeeze(0),
    "squeeze a long dim": lambda lib, x: x.squeeze(1),
    "squeeze dims": lambda lib, x: x[:1, :, :1].squeeze((0, 2)),
    "unsqueeze": lambda lib, x: x.unsqueeze(-1).unsqueeze(0),
    "flatten": lambda lib, x: x.flatten(1),
    "flatten transposed": lambda lib, x: x.mT.flatten(0, 1),
    "flatten a number": lambda lib, x: x.sum().flatten(),
    "unflatten": lambda lib, x: x.unflatten(2, (2, -1)),
    "ravel": lambda lib, x: x.mT.ravel(),
    "reshape a view": lambda lib, x: x.reshape(6, -1),
    "reshape a copy": lambda lib, x: x.permute(2, 0, 1).reshape(-1),
    "contiguous": lambda lib, x: x.permute(2, 0, 1).contiguous(),
    "clone keeps strides": lambda lib, x: x.permute(2, 0, 1).clone(),
    "clone of expanded": lambda lib, x: x[:1].expand(3, 3, 4).clone(),
    "expand": lambda lib, x: x[:, :1].expand(5, -1, 3, 4),
    "expand_as": lambda lib, x: x[0, 0].expand_as(x),
    "broadcast_to": lambda lib, x: lib.broadcast_to(x[0, 0], (2, 4)),
    "broadcast_tensors": lambda lib, x: lib.broadcast_tensors(x[:, :1], x[0]),
    "repeat": lambda lib, x: x.repeat(2, 1, 2, 1),
    "repeat nothing": lambda lib, x: x.repeat(0, 1, 1),
    "tile": lambda lib, x: lib.tile(x, (2,)),
    "repeat_interleave": lambda lib, x: x.repeat_interleave(3, dim=1),
    "repeat_interleave flat": lambda lib, x: lib.repeat_interleave(x, 2),
    "repeat_interleave by counts": lambda lib, x: x.repeat_interleave(lib.tensor([2, 0, 1]), 1),
    "roll flat": lambda lib, x: x.roll(5),
    "roll": lambda lib, x: lib.roll(x, (1, -1), (0, 2)),
    "flip": lambda lib, x: x.flip(0, -1),
    "fliplr": lambda lib, x: lib.fliplr(x),
    "flipud": lambda lib, x: lib.flipud(x),
    "diag": lambda lib, x: lib.diag(x[0], 1),
    "diag of a vector": lambda lib, x: lib.diag(x[0, 0], -1),
    "diag_embed": lambda lib, x: lib.diag_embed(x[0], 1, 0, 2),
    "unfold": lambda lib, x: x.unfold(2, 2, 1),
    "split": lambda lib, x: x.split(2, 2),
    "split unevenly": lambda lib, x: lib.split(x, 3, -1),
    "split by lengths": lambda lib, x: lib.split(x, [1, 0, 3], 2),
    "chunk": lambda lib, x: x.chunk(3, 2),
    "chunk too often": lambda lib, x: x.chunk(7, 1),
    "tensor_split": lambda lib, x: x.tensor_split(3, 2),
    "tensor_split at": lambda lib, x: lib.tensor_split(x, (1, 3), 2),
    "tensor_split crossed": lambda lib, x: lib.tensor_split(x, (3, 1, 9), 2),
    "hsplit": lambda lib, x: lib.hsplit(x, 3),
    "vsplit": lambda lib, x: lib.vsplit(x, [1]),
    "dsplit": lambda lib, x: lib.dsplit(x, 2),
    "unbind": lambda lib, x: x.unbind(1),
    "iterate": lambda lib, x: tuple(x),
    "cat": lambda lib, x: lib.cat([x, x * 2, lib.zeros(0, device=x.device)], 1),
    "cat of types": lambda lib, x: lib.cat([x, lib.ones(2, 3, 1, dtype=lib.int64, device=x.device)], 2),
    "cat of floats and wholes": lambda lib, x: lib.cat([x[0, 0].float(), x[0, 1].long()]),
    "stack": lambda lib, x: lib.stack((x[0], x[1]), -1),
    "hstack": lambda lib, x: lib.hstack([x, x]),
    "hstack of vectors": lambda lib, x: lib.hstack([x[0, 0], x[0, 1]]),
    "vstack": lambda lib, x: lib.vstack([x[0, 0], x[0, 1]]),
    "dstack": lambda lib, x: lib.dstack([x[0], x[1]]),
    "column_stack": lambda lib, x: lib.column_stack([x[0, :, 0], x[0]]),
    "select": lambda lib, x: x.select(-1, -2),
    "narrow": lambda lib, x: x.narrow(2, -3, 2),
    "take": lambda lib, x: x.take(lib.tensor([[0, -1], [5, 5]], device=x.device)),
    "take_along_dim": lambda lib, x: lib.take_along_dim(x, lib.tensor([[[0], [2], [1]]], device=x.device), 2),
    "masked_select": lambda lib, x: x.masked_select(lib.tensor([[True], [False], [True]])),
    "index_put by a mask": lambda lib, x: x.index_put((lib.tensor([True, False]),), x[0, 0] * 2),
    "pad": lambda lib, x: padded(lib, x, (1, -1, 2, 0), value=2.0),
    "pad reflecting": lambda lib, x: padded(lib, x, (2, 1), mode="reflect"),
    "pad replicating": lambda lib, x: padded(lib, x, (2, 5), mode="replicate"),
    "pad around": lambda lib, x: padded(lib, x, (2, 4), mode="circular"),
    "to": lambda lib, x: x.to(lib.float32).to(x),
    "tril": lambda lib, x: x.tril(-1),
    "triu": lambda lib, x: x.triu(),
}

REFUSED: dict[str, tuple[Call, type[Exception], str]] = {
    "dim": (lambda lib, x: x.transpose(0, 3), IndexError, "Dimension out of range (expected to be in range of [-3, 2]"),
    "unsqueeze": (
        lambda lib, x: x.unsqueeze(5),
        IndexError,
        "Dimension out of range (expected to be in range of [-4, 3]",
    ),
    "view": (lambda lib, x: x.view(5, -1), RuntimeError, "shape '[5, -1]' is invalid for input of size 24"),
    "two open": (lambda lib, x: x.view(-1, -1), RuntimeError, "only one dimension can be inferred"),
    "strides": (lambda lib, x: x.mT.view(24), RuntimeError, "view size is not compatible with input tensor's size"),
    "expand": (
        lambda lib, x: x.expand(2, 5, 4),
        RuntimeError,
        "The expanded size of the tensor (5) must match the existing",
    ),
    "fewer": (lambda lib, x: x.expand(3, 4), RuntimeError, "must be greater or equal to the number of dimensions"),
    "permute": (lambda lib, x: x.permute(0, 1), RuntimeError, "is not equal to len(dims) = 2"),
    "t": (lambda lib, x: x.t(), RuntimeError, "t() expects a tensor with <= 2 dimensions, but self is 3D"),
    "cat": (
        lambda lib, x: lib.cat([x, x[:1]], 1),
        RuntimeError,
        "Sizes of tensors must match except in dimension 1. Expected",
    ),
    "cat of ranks": (
        lambda lib, x: lib.cat([x, x[0]]),
        RuntimeError,
        "Tensors must have same number of dimensions: got 3 and 2",
    ),
    "cat of numbers": (
        lambda lib, x: lib.cat([x.sum()]),
        RuntimeError,
        "zero-dimensional tensor (at position 0) cannot be",
    ),
    "stack": (
        lambda lib, x: lib.stack([x, x[:1]]),
        RuntimeError,
        "stack expects each tensor to be equal size, but got",
    ),
    "split": (
        lambda lib, x: x.split([1, 2], 2),
        RuntimeError,
        "split_with_sizes expects split_sizes to sum exactly to 4",
    ),
    "chunk": (lambda lib, x: x.chunk(0), RuntimeError, "chunk expects `chunks` to be greater than 0, got: 0"),
    "select": (
        lambda lib, x: x.select(1, 3),
        IndexError,
        "select(): index 3 out of range for tensor of size [2, 3, 4]",
    ),
    "narrow": (lambda lib, x: x.narrow(0, 1, 2), RuntimeError, "start (1) + length (2) exceeds dimension size (2)."),
    "unfold": (
        lambda lib, x: x.unfold(0, 3, 1),
        RuntimeError,
        "maximum size for tensor at dimension 0 is 2 but size is 3",
    ),
    "gather": (
        lambda lib, x: x.gather(0, lib.tensor([0])),
        RuntimeError,
        "Index tensor must have the same number of dimensions",
    ),
    "index_select": (
        lambda lib, x: x.index_select(0, lib.tensor([[0]])),
        IndexError,
        "index_select(): Index is supposed to be",
    ),
    "repeat": (lambda lib, x: x.repeat(2), RuntimeError, "Number of dimensions of repeat dims can not be smaller than"),
    "flip": (lambda lib, x: x.flip(0, 0), RuntimeError, "dim 0 appears multiple times in the list of dims"),
    "reflect": (
        lambda lib, x: padded(lib, x, (4, 0), mode="reflect"),
        RuntimeError,
        "Padding size should be less than the",
    ),
    "mask": (lambda lib, x: x.masked_fill(x, 0.0), RuntimeError, "masked_fill"),
    "scatter": (
        lambda lib, x: x.scatter(0, lib.zeros(1, 3, 4, dtype=lib.int64), x.float()),
        RuntimeError,
        "scatter(): Expected self.dtype to be equal to src.dtype",
    ),
}


def outputs(lib: Any, call: Call) -> tuple[Any, list[Any]]:
    data = np.random.default_rng(3).normal(size=(2, 3, 4))
    leaf = lib.tensor(data, requires_grad=True)
    result = call(lib, leaf)
    return leaf, list(result) if isinstance(result, tuple | list) else [result]


@pytest.mark.parity
@pytest.mark.parametrize("name", CALLS)
def test_like_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    (leaf, ours), (other, theirs) = outputs(engine, CALLS[name]), outputs(torch, CALLS[name])
    assert len(ours) == len(theirs)
    total: Any = 0
    right_total: Any = 0
    for mine, right in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), right.detach().numpy(), rtol=1e-6)
        assert f"torch.{mine.dtype.name}" == str(right.dtype)
        if mine.numel() > 1:
            assert same_strides(mine, right)
            assert (mine.data_ptr() == leaf.data_ptr()) == (right.data_ptr() == other.data_ptr())
        weights = np.random.default_rng(4).normal(size=mine.shape)
        total = total + (mine * engine.tensor(weights)).sum()
        right_total = right_total + (right * torch.tensor(weights)).sum()
    total.backward()
    right_total.backward()
    np.testing.assert_allclose(leaf.grad.numpy(), other.grad.numpy(), rtol=1e-6, atol=1e-7)


def same_strides(mine: Any, right: Any) -> bool:
    """Whether the steps agree along all dimensions that can be stepped along."""
    pairs = zip(mine.shape, mine.stride(), right.stride(), strict=True)
    return all(one == other for length, one, other in pairs if length > 1)


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    call, error, says = REFUSED[name]
    with pytest.raises(error) as caught:
        outputs(engine, call)
    assert says in str(caught.value)


@pytest.mark.parity
@pytest.mark.parametrize("name", REFUSED)
def test_refusals_like_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    call, error, says = REFUSED[name]
    with pytest.raises(error) as caught:
        outputs(torch, call)
    assert says in str(caught.value)


@pytest.mark.parametrize("name", CALLS)
def test_shapes_on_meta(name: str) -> None:
    if name in ("masked_select", "index_put by a mask", "repeat_interleave by counts"):
        pytest.skip("these need values")
    _, real = outputs(engine, CALLS[name])
    found = CALLS[name](engine, engine.zeros(2, 3, 4, dtype=engine.float64, device="meta"))
    told = list(found) if isinstance(found, tuple | list) else [found]
    assert [(each.shape, each.dtype) for each in told] == [(each.shape, each.dtype) for each in real]
