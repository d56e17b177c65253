"""Tensors on a CUDA device: made, moved, read, mixed, indexed and written as PyTorch does it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest

import engine
from engine.backend.namespace import cupy

Forbidding = Callable[[], AbstractContextManager[None]]


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_moves_there_and_back(cuda: str) -> None:
    there = engine.tensor(numbers(3, 4)).to(cuda)
    assert str(there.device) == cuda
    assert there.is_cuda
    assert isinstance(there.array, cupy().ndarray)
    back = there.cpu()
    assert back.device.type == "cpu"
    np.testing.assert_array_equal(back.numpy(), numbers(3, 4))
    assert there.to(cuda) is there
    assert there.cuda(int(cuda[-1])) is there


def test_a_move_keeps_the_order_of_dimensions(cuda: str) -> None:
    host = engine.tensor(numbers(2, 3, 4, 5)).permute(0, 2, 3, 1)
    there = host.to(cuda)
    assert there.stride() == host.stride()
    assert there.cpu().stride() == host.stride()
    np.testing.assert_array_equal(there.cpu().numpy(), host.numpy())


def test_a_strided_view_moves(cuda: str) -> None:
    host = engine.tensor(numbers(6, 8))[::2, 1::3]
    np.testing.assert_array_equal(host.to(cuda).cpu().numpy(), host.numpy())
    np.testing.assert_array_equal(engine.tensor(numbers(6, 8)).to(cuda)[::2, 1::3].cpu().numpy(), host.numpy())


def test_numpy_raises_as_in_pytorch(cuda: str) -> None:
    there = engine.ones(2, device=cuda)
    text = (
        f"can't convert {cuda} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
    )
    with pytest.raises(TypeError) as caught:
        there.numpy()
    assert str(caught.value) == text
    with pytest.raises(TypeError, match=r"Use Tensor\.cpu"):
        np.asarray(there)
    assert there.numpy(force=True).tolist() == [1, 1]


def test_the_host_reads_numbers(cuda: str) -> None:
    there = engine.tensor([[1.5, 2], [3, 4]], device=cuda)
    assert there.tolist() == [[1.5, 2], [3, 4]]
    assert there[0, 0].item() == 1.5
    assert float(there.sum()) == 10.5
    assert bool((there > 0).all())
    assert f"{there.max():.1f}" == "4.0"
    assert f"device='{cuda}'" in repr(there)
    assert [int(row.argmax()) for row in there] == [1, 1]


MAKERS: dict[str, Callable[..., Any]] = {
    "tensor": lambda where: engine.tensor([[1, 2], [3, 4]], device=where),
    "nested": lambda where: engine.tensor([engine.tensor(1.0), engine.tensor(2.0)], device=where),
    "as_tensor": lambda where: engine.as_tensor(numbers(3), device=where),
    "zeros": lambda where: engine.zeros(2, 3, device=where),
    "ones": lambda where: engine.ones(2, 3, dtype=engine.int64, device=where),
    "full": lambda where: engine.full((2, 3), 1.5, device=where),
    "arange": lambda where: engine.arange(2, 11, 3, device=where),
    "arange of floats": lambda where: engine.arange(0.5, 3, 0.25, device=where),
    "linspace": lambda where: engine.linspace(-1, 1, 7, device=where),
    "eye": lambda where: engine.eye(3, 4, device=where),
    "tril_indices": lambda where: engine.tril_indices(3, 4, device=where),
    "zeros_like": lambda where: engine.zeros_like(engine.ones(2, 3), device=where),
    "full_like": lambda where: engine.full_like(engine.ones(2, 3, device=where), 7),
    "new_tensor": lambda where: engine.ones(1, device=where).new_tensor([1.0, 2.0]),
    "new_full": lambda where: engine.ones(1, device=where).new_full((2, 2), 3),
    "new_zeros": lambda where: engine.ones(1, device=where).new_zeros(2, 2),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_making(make: Callable[..., Any], cuda: str) -> None:
    host, there = make("cpu"), make(cuda)
    assert (str(there.device), there.dtype) == (cuda, host.dtype)
    np.testing.assert_array_equal(there.cpu().numpy(), host.numpy())


def test_empty_is_made_there(cuda: str) -> None:
    made = engine.empty(2, 3, device=cuda)
    assert (str(made.device), made.shape) == (cuda, (2, 3))
    assert str(engine.empty_like(made).device) == cuda


def test_an_array_of_cupy_is_taken_without_a_copy(cuda: str) -> None:
    with engine.cuda.device(cuda):
        array = cupy().arange(6, dtype="float32")
        taken, copied = engine.as_tensor(array), engine.tensor(array)
        array[0] = 7
    assert (str(taken.device), taken[0].item()) == (cuda, 7)
    assert (str(copied.device), copied[0].item()) == (cuda, 0)


DRAWS: dict[str, Callable[..., Any]] = {
    "rand": lambda where: engine.rand(5, 7, device=where),
    "rand in float64": lambda where: engine.rand(5, dtype=engine.float64, device=where),
    "randint": lambda where: engine.randint(-3, 1000, (50,), device=where),
    "randperm": lambda where: engine.randperm(100, device=where),
    "bernoulli": lambda where: engine.bernoulli(engine.full((64,), 0.3, device=where)),
    "uniform_": lambda where: engine.empty(9, device=where).uniform_(0, 1),
    "random_": lambda where: engine.empty(9, dtype=engine.int64, device=where).random_(0, 99),
    "dropout": lambda where: engine.nn.functional.dropout(engine.ones(64, device=where), 0.4, True),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS.keys())
def test_random_bits_are_the_cpus(draw: Callable[..., Any], cuda: str) -> None:
    engine.manual_seed(3)
    host = draw("cpu")
    engine.cuda.manual_seed(3)
    there = draw(cuda)
    assert str(there.device) == cuda
    np.testing.assert_array_equal(there.cpu().numpy(), host.numpy())


ROUNDED_DRAWS: dict[str, Callable[..., Any]] = {
    "randn": lambda where: engine.randn(1001, device=where),
    "normal": lambda where: engine.normal(engine.arange(9.0, device=where), 2.0),
    "normal_": lambda where: engine.empty(9, dtype=engine.float64, device=where).normal_(1, 2),
    "exponential_": lambda where: engine.empty(99, device=where).exponential_(2),
    "log_normal_": lambda where: engine.empty(99, device=where).log_normal_(),
    "cauchy_": lambda where: engine.empty(99, device=where).cauchy_(),
    "geometric_": lambda where: engine.empty(99, device=where).geometric_(0.3),
    "poisson": lambda where: engine.poisson(engine.full((99,), 3.0, device=where)),
    "multinomial": lambda where: engine.arange(9.0, device=where).multinomial(5),
    "multinomial with repeats": lambda where: engine.arange(9.0, device=where).multinomial(50, True),
    "gumbel_softmax": lambda where: engine.nn.functional.gumbel_softmax(engine.zeros(9, device=where), hard=True),
    "rrelu": lambda where: engine.nn.functional.rrelu(engine.full((9,), -1.0, device=where), training=True),
    "trunc_normal_": lambda where: engine.nn.init.trunc_normal_(engine.empty(5, 6, device=where)),
    "orthogonal_": lambda where: engine.nn.init.orthogonal_(engine.empty(5, 5, dtype=engine.float64, device=where)),
    "kaiming_uniform_": lambda where: engine.nn.init.kaiming_uniform_(engine.empty(5, 6, device=where)),
}


@pytest.mark.parametrize("draw", ROUNDED_DRAWS.values(), ids=ROUNDED_DRAWS.keys())
def test_draws_are_the_cpus_but_for_rounding(draw: Callable[..., Any], cuda: str) -> None:
    engine.manual_seed(3)
    host = draw("cpu")
    engine.manual_seed(3)
    there = draw(cuda)
    assert str(there.device) == cuda
    np.testing.assert_allclose(there.cpu().numpy(), host.numpy(), rtol=2e-5, atol=1e-6)


def test_devices_do_not_mix(cuda: str) -> None:
    there, here = engine.ones(2, device=cuda), engine.ones(2)
    for call in (
        lambda: there + here,
        lambda: here @ there,
        lambda: engine.cat([there, here]),
        lambda: engine.where(there > 0, here, there),
        lambda: engine.nn.functional.linear(there, engine.ones(2, 2)),
    ):
        with pytest.raises(RuntimeError, match="same device"):
            call()


def test_tensors_of_two_gpus_do_not_mix() -> None:
    if engine.cuda.device_count() < 2:
        pytest.skip("one GPU")
    with pytest.raises(RuntimeError, match=r"cuda:0, cuda:1"):
        engine.ones(2, device="cuda:0") + engine.ones(2, device="cuda:1")


def test_a_number_of_the_cpu_mixes_with_a_gpu(cuda: str, nobody_waits: Forbidding) -> None:
    scale = engine.tensor(3.0, requires_grad=True)
    there = engine.ones(2, device=cuda, requires_grad=True)
    with nobody_waits():
        result = there * scale
    assert str(result.device) == cuda
    result.sum().backward()
    assert (scale.grad.device.type, scale.grad.item()) == ("cpu", 2)
    assert (str(there.grad.device), there.grad.tolist()) == (cuda, [3, 3])
    assert str((scale.detach() * there.detach()).device) == cuda


def test_a_move_carries_gradients_back(cuda: str) -> None:
    here = engine.tensor(numbers(3), requires_grad=True)
    (here.to(cuda) ** 2).sum().cpu().backward()
    assert here.grad.device.type == "cpu"
    np.testing.assert_allclose(here.grad.numpy(), 2 * numbers(3), rtol=1e-6)


def test_gradients_add_up(cuda: str, nobody_waits: Forbidding) -> None:
    x = engine.tensor(numbers(3), device=cuda, requires_grad=True)
    with nobody_waits():
        for _ in range(3):
            (x * x).sum().backward()
    assert str(x.grad.device) == cuda
    np.testing.assert_allclose(x.grad.cpu().numpy(), 6 * numbers(3), rtol=1e-6)


READS: dict[str, Callable[..., Any]] = {
    "integer": lambda x: x[2],
    "slice": lambda x: x[1:, ::2],
    "new dimension": lambda x: x[:, None, ..., -1],
    "list": lambda x: x[[2, 0, 2]],
    "tensor": lambda x: x[engine.tensor([[1, 2], [0, 1]], device=x.device)],
    "tensors": lambda x: x[engine.tensor([1, 2], device=x.device), :, engine.tensor([0, 3], device=x.device)],
    "mask": lambda x: x[x > 0],
    "mask of rows": lambda x: x[x[:, 0, 0] > -9],
    "negative": lambda x: x[engine.tensor([-1, -2], device=x.device)],
    "nonzero": lambda x: (x > 0).nonzero(),
    "masked_select": lambda x: x.masked_select(x < 0),
    "unique": lambda x: x.round().unique(),
    "topk": lambda x: x.topk(2, dim=1).values,
    "bincount": lambda x: (x > 0).long().flatten().bincount(),
    "searchsorted": lambda x: engine.searchsorted(x.flatten().sort().values, x),
    "repeat_interleave": lambda x: x.repeat_interleave(engine.tensor([1, 0, 2], device=x.device), 0),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_reading(read: Callable[..., Any], cuda: str) -> None:
    host = engine.tensor(numbers(3, 4, 5))
    found = read(host.to(cuda))
    assert str(found.device) == cuda
    np.testing.assert_array_equal(found.cpu().numpy(), read(host).numpy())


def _accumulated(x: Any) -> None:
    places = engine.tensor([1, 1, 0], device=x.device)
    x.index_put_((places,), engine.ones(3, 4, device=x.device), accumulate=True)


def _by_mask(x: Any) -> None:
    x[x > 0] = 5


def _by_positions(x: Any) -> None:
    x[engine.tensor([2, 0], device=x.device)] = engine.arange(8.0, device=x.device).reshape(2, 4)


WRITES: dict[str, Callable[..., None]] = {
    "integer": lambda x: x.__setitem__(1, 7),
    "slice": lambda x: x.__setitem__((slice(1, None), slice(None, None, 2)), -1),
    "tensor of the CPU": lambda x: x.__setitem__(0, engine.tensor(2.5)),
    "mask": _by_mask,
    "positions": _by_positions,
    "accumulated": _accumulated,
    "index_add_": lambda x: x.index_add_(0, engine.tensor([2, 2], device=x.device), x[:2] * 1),
    "scatter_add_": lambda x: x.scatter_add_(1, engine.zeros(3, 4, dtype=engine.int64, device=x.device), x * 1),
    "fill_": lambda x: x.fill_(3),
    "copy_ from the CPU": lambda x: x.copy_(engine.tensor(numbers(3, 4) + 1)),
    "add_": lambda x: x.t().add_(1),
    "masked_fill_": lambda x: x.masked_fill_(x > 0, -1),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_writing(write: Callable[..., None], cuda: str) -> None:
    host = engine.tensor(numbers(3, 4))
    there = host.to(cuda)
    write(host)
    before = there._version
    write(there)
    assert there._version > before
    np.testing.assert_array_equal(there.cpu().numpy(), host.numpy())


def test_copy_to_the_cpu(cuda: str) -> None:
    here = engine.zeros(3)
    here.copy_(engine.tensor(numbers(3), device=cuda))
    np.testing.assert_array_equal(here.numpy(), numbers(3))


@pytest.mark.parametrize("kind", ["int64", "int32", "int16", "int8", "uint8", "float16"])
def test_sums_at_positions_in_all_types(kind: str, cuda: str) -> None:
    places, values = np.array([1, 1, 0, 3]), np.array([3, 100, 1, 2])
    expected = np.zeros(4, kind)
    np.add.at(expected, places, values.astype(kind))
    dtype = getattr(engine, kind)
    there = engine.zeros(4, dtype=dtype, device=cuda)
    there.index_add_(0, engine.tensor(places, device=cuda), engine.tensor(values, dtype=dtype, device=cuda))
    np.testing.assert_array_equal(there.cpu().numpy(), expected)


def test_large_whole_numbers_are_added_exactly(cuda: str) -> None:
    there = engine.tensor([-5, 2**62], device=cuda)
    there.index_add_(0, engine.tensor([0, 1, 0], device=cuda), engine.tensor([-(2**40), -1, 3], device=cuda))
    assert there.tolist() == [-2 - 2**40, 2**62 - 1]


def test_views_share_memory_and_history(cuda: str) -> None:
    base = engine.zeros(2, 3, device=cuda, requires_grad=True)
    grown = base * 1
    row = grown[1]
    row.mul_(2).add_(engine.ones(3, device=cuda))
    grown.sum().backward()
    assert grown.tolist() == [[0, 0, 0], [1, 1, 1]]
    assert base.grad.tolist() == [[1, 1, 1], [2, 2, 2]]


def test_a_write_into_what_backward_kept_is_noticed(cuda: str) -> None:
    x = engine.ones(3, device=cuda, requires_grad=True)
    kept = x * 2
    result = (kept * kept).sum()
    kept.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        result.backward()


def test_twins(cuda: str) -> None:
    x = engine.tensor(numbers(2, 2), device=cuda, requires_grad=True)
    twin = copy.deepcopy(x)
    assert (str(twin.device), twin.requires_grad) == (cuda, True)
    assert twin.data_ptr() != x.data_ptr()
    assert x.detach().data_ptr() == x.data_ptr()
    assert x.clone().data_ptr() != x.data_ptr()


def test_a_device_that_is_not_there() -> None:
    missing = f"cuda:{engine.cuda.device_count()}"
    for call in (
        lambda: engine.ones(1, device=missing),
        lambda: engine.ones(1).to(missing),
        lambda: engine.tensor([1], device=missing),
        lambda: engine.cuda.set_device(missing),
    ):
        with pytest.raises(RuntimeError, match=rf"{missing}.*CUDA devices are available"):
            call()


def test_what_a_device_says_of_itself(cuda: str) -> None:
    assert engine.cuda.is_available()
    assert engine.cuda.get_device_name(cuda)
    assert engine.cuda.get_device_capability(cuda) >= (5, 0)
    free, total = engine.cuda.mem_get_info(cuda)
    assert 0 < free <= total
    assert engine.cuda.memory_reserved(cuda) >= engine.cuda.memory_allocated(cuda) >= 0
    engine.cuda.synchronize(cuda)
    engine.cuda.empty_cache()


def test_cuda_alone_is_the_chosen_device(cuda: str) -> None:
    assert engine.cuda.current_device() == 0
    with engine.cuda.device(cuda):
        assert f"cuda:{engine.cuda.current_device()}" == cuda
        assert str(engine.ones(1, device="cuda").device) == cuda
        assert str(engine.ones(1).cuda().device) == cuda
        assert engine.ones(2, device="cuda:0").sum().item() == 2
    assert str(engine.ones(1, device="cuda").device) == "cuda:0"
