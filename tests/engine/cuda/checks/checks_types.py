"""Every type of element on a CUDA device, for which CuPy has fewer kernels than NumPy: what the CPU can do, it can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine.nn import functional

Call = Callable[[Any], Any]

TYPES = (
    engine.bool, engine.uint8, engine.int8, engine.int16, engine.int32, engine.int64,
    engine.float16, engine.bfloat16, engine.float32, engine.complex64, engine.complex128,
)  # fmt: skip


def twice(x: Any) -> Any:
    """The same row, two times."""
    return engine.tensor([1, 1], device=x.device)


def scattering(reduce: str) -> Callable[[Any], Any]:
    return lambda x: x.clone().scatter_reduce_(1, columns(x), x, reduce)


def reducing(reduce: str) -> Callable[[Any], Any]:
    return lambda x: x.index_reduce(0, twice(x), x[:2], reduce, include_self=False)


def columns(x: Any) -> Any:
    """A column below 3 for each element."""
    return engine.arange(24, device=x.device).reshape(4, 6) % 3


def image(x: Any) -> Any:
    return x.reshape(1, 1, 4, 6)


CALLS: dict[str, Call] = {
    "index_add_": lambda x: x.clone().index_add_(0, twice(x), x[:2]),
    "index_copy_": lambda x: x.clone().index_copy_(0, engine.tensor([1, 2], device=x.device), x[:2]),
    "index_fill_": lambda x: x.clone().index_fill_(0, twice(x), 1),
    "index_put_": lambda x: x.clone().index_put_((twice(x),), x[:2], accumulate=True),
    "masked_fill_": lambda x: x.clone().masked_fill_(x != 0, 1),
    "copy_": lambda x: x.clone().copy_(x.flip(0)),
    "fill_": lambda x: x.clone().fill_(1),
    "scatter_": lambda x: x.clone().scatter_(1, columns(x)[:, :3], x[:, :3]),
    "scatter_add_": lambda x: x.clone().scatter_add_(1, columns(x), x),
    "put_": lambda x: x.clone().put_(engine.tensor([0, 3, 3], device=x.device), x.flatten()[:3], True),
    "take": lambda x: x.take(engine.tensor([0, 3, 3], device=x.device)),
    "sort": lambda x: x.sort(1).values,
    "topk": lambda x: x.topk(2, 1).values,
    "kthvalue": lambda x: x.kthvalue(2, 1).values,
    "mode": lambda x: x.mode(1).values,
    "median": lambda x: x.median(1).values,
    "unique": lambda x: x.unique(),
    "unique rows": lambda x: x.unique(dim=0),
    "unique_consecutive": lambda x: x.unique_consecutive(),
    "cumsum": lambda x: x.cumsum(1),
    "cumprod": lambda x: x.cumprod(1),
    "cummax": lambda x: x.cummax(1).values,
    "logcumsumexp": lambda x: x.logcumsumexp(1),
    "max": lambda x: x.max(1).values,
    "argmax": lambda x: x.argmax(1),
    "any": lambda x: x.any(1),
    "prod": lambda x: x.prod(1),
    "var": lambda x: x.var(1),
    "norm": lambda x: x.norm(),
    "roll": lambda x: x.roll(1, 1),
    "diff": lambda x: x.diff(),
    "matmul": lambda x: x @ x.mT,
    "einsum": lambda x: engine.einsum("ij,kj->ik", x, x),
    "searchsorted": lambda x: engine.searchsorted(x.sort(1).values, x),
    "isin": lambda x: engine.isin(x, x[0]),
    "histc": lambda x: x.histc(4, 0, 1),
    "bincount": lambda x: x.flatten().bincount(),
    "nonzero": lambda x: x.nonzero(),
    "where": lambda x: engine.where(x != 0, x, 1),
    "floor_divide and remainder": lambda x: x // 2 + x % 2,
    "division that truncates": lambda x: engine.div(x, 2, rounding_mode="trunc"),
    "bitwise": lambda x: (x & 3) | (x ^ 1),
    "shift": lambda x: x << 1,
    "gcd": lambda x: engine.gcd(x, x.flip(0)),
    "ldexp": lambda x: engine.ldexp(x, columns(x)),
    "round": lambda x: x.round(),
    "clamp": lambda x: x.clamp(0, 1),
    "nan_to_num": lambda x: x.nan_to_num(),
    "tril": lambda x: x.tril(),
    "lgamma": lambda x: x.lgamma(),
    "erf": lambda x: x.erf(),
    "cdist": lambda x: engine.cdist(x, x),
    "softmax": lambda x: x.softmax(1),
    "layer_norm": lambda x: functional.layer_norm(x, (6,)),
    "conv2d": lambda x: functional.conv2d(image(x), x[:2, :2].reshape(1, 1, 2, 2)),
    "max_pool2d": lambda x: functional.max_pool2d(image(x), 2),
    "avg_pool2d": lambda x: functional.avg_pool2d(image(x), 2),
    "interpolate": lambda x: functional.interpolate(image(x), (7, 5), mode="bilinear"),
    "pad": lambda x: functional.pad(image(x), (1, 1), mode="reflect"),
    "attention": lambda x: functional.scaled_dot_product_attention(x[None], x[None], x[None]),
    **{f"scatter_reduce_ {name}": scattering(name) for name in ("sum", "prod", "mean", "amax", "amin")},
    **{f"index_reduce {name}": reducing(name) for name in ("prod", "mean", "amax", "amin")},
}
HALVES = (engine.float16, engine.bfloat16)


def numbers(kind: Any) -> Any:
    """Small numbers of a type, the same ones each time."""
    rng = np.random.default_rng(3)
    if kind is engine.uint8:
        return engine.tensor(rng.integers(0, 9, size=(4, 6))).to(kind)
    values = rng.normal(size=(4, 6)) * 2
    return engine.tensor(values * (1 + 1j) if kind.is_complex else values).to(kind)


def values_of(result: Any) -> np.ndarray:
    """As NumPy has them, in a type that NumPy has."""
    host = result.cpu()
    return host.float().numpy() if host.dtype in HALVES else host.numpy()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("name", CALLS)
def test_types(name: str, kind: Any, cuda: str) -> None:
    call = CALLS[name]
    try:
        expected = call(numbers(kind))
    except (RuntimeError, NotImplementedError, TypeError, IndexError, ValueError) as refusal:
        # What the CPU refuses is refused.
        with pytest.raises(type(refusal)):
            call(numbers(kind).to(cuda))
        return
    found = call(numbers(kind).to(cuda))
    assert (str(found.device), found.dtype, found.shape) == (cuda, expected.dtype, expected.shape)
    close = 1e-2 if kind in HALVES else 1e-5
    np.testing.assert_allclose(values_of(found), values_of(expected), rtol=close, atol=close)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("kind", [*HALVES, engine.float64], ids=lambda kind: kind.name)
def test_bags(mode: str, kind: Any, cuda: str) -> None:
    found = []
    for where in ("cpu", cuda):
        places, starts = engine.tensor([0, 1, 1, 3], device=where), engine.tensor([0, 2], device=where)
        found.append(values_of(functional.embedding_bag(places, numbers(kind).to(where), starts, mode=mode)))
    np.testing.assert_allclose(found[1], found[0], rtol=1e-2 if kind in HALVES else 1e-10)
