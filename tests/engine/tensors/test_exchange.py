"""DLPack: NumPy, PyTorch and the engine share memory, whoever lends it."""

from typing import Any

import numpy as np
import pytest

import engine
from engine.utils.dlpack import from_dlpack, to_dlpack

KINDS = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128")


@pytest.mark.parametrize("kind", KINDS)
def test_numpy_and_the_engine_share_memory(kind: str) -> None:
    lent = np.zeros((2, 3), kind).T
    taken = engine.from_dlpack(lent)
    assert (tuple(taken.shape), taken.stride(), taken.dtype.name) == ((3, 2), (1, 3), kind)
    taken[0, 1] = 1
    assert lent[0, 1] == 1
    back = np.from_dlpack(taken)
    back[2, 0] = 1
    assert bool(taken[2, 0] == 1)


@pytest.mark.parity
@pytest.mark.parametrize("kind", KINDS)
def test_pytorch_and_the_engine_share_memory(kind: str) -> None:
    torch = pytest.importorskip("torch")
    lent = torch.zeros(2, 3, dtype=getattr(torch, kind)).t()
    taken = engine.from_dlpack(lent)
    assert (tuple(taken.shape), taken.stride(), taken.dtype.name) == ((3, 2), (1, 3), kind)
    taken[0, 1] = 1
    assert lent[0, 1] == 1
    for back in (torch.from_dlpack(taken), torch.utils.dlpack.from_dlpack(to_dlpack(taken))):
        back[2, 0] = 1
        assert bool(taken[2, 0] == 1)
        taken[2, 0] = 0


def test_capsules_and_copies() -> None:
    x = engine.arange(3)
    shared = from_dlpack(to_dlpack(x))
    copied = from_dlpack(x, copy=True)
    x.add_(10)
    assert shared.tolist() == [10, 11, 12]
    assert copied.tolist() == [0, 1, 2]
    assert x.__dlpack_device__() == (1, 0)


def test_memory_that_may_only_be_read_is_copied() -> None:
    lent = np.arange(3)
    lent.flags.writeable = False
    taken = from_dlpack(lent)
    taken.add_(1)
    assert lent.tolist() == [0, 1, 2]
    with pytest.raises(BufferError, match="may only be read"):
        from_dlpack(lent, copy=False)


def test_memory_outlives_its_lender() -> None:
    taken = engine.from_dlpack(np.full(1000, 7.0))
    assert float(taken.sum()) == 7000


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (lambda: engine.ones(2, requires_grad=True), "require gradient"),
        (lambda: engine.ones(2, dtype=engine.bfloat16), "bfloat16"),
        (lambda: engine.ones(2, device="meta"), "meta"),
    ],
)
def test_what_cannot_be_lent_is_named(tensor: Any, message: str) -> None:
    with pytest.raises(BufferError, match=message):
        np.from_dlpack(tensor())


@pytest.mark.parity
def test_what_cannot_be_taken_is_named() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(BufferError, match=r"torch\.bfloat16"):
        from_dlpack(torch.ones(2, dtype=torch.bfloat16))
    with pytest.raises(TypeError, match="got int"):
        from_dlpack(3)
