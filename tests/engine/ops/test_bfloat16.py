"""bfloat16: computed in float32 and rounded once, in every kind of op; as PyTorch where that is installed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine.backend.dtype import bfloat16, float32


def rounded(values: Any) -> np.ndarray:
    """The values in float32 after a passage through bfloat16."""
    return np.asarray(values, "float32").astype(bfloat16.numpy).astype("float32")


DRAWN = np.random.default_rng(5).normal(size=(4, 6)).astype("float32")
OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "product": lambda x: x * x,
    "with a number": lambda x: x * 1.1 + 3,
    "exponential": lambda x: x.exp(),
    "matrices": lambda x: x @ x.mT,
    "sum": lambda x: x.sum(0),
    "mean": lambda x: x.mean(),
    "softmax": lambda x: x.softmax(-1),
    "largest": lambda x: x.max(1).values,
    "sorted": lambda x: x.sort(1).values,
    "chosen": lambda x: x[x > 0],
    "joined": lambda x: x.repeat(2, 1),
    "turned": lambda x: x.t()[1:, ::2],
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_one_rounding_an_op(name: str) -> None:
    exact = rounded(DRAWN)
    narrow = OPERATIONS[name](engine.tensor(exact).bfloat16())
    assert narrow.dtype is bfloat16
    wide = OPERATIONS[name](engine.tensor(exact)).numpy()
    tolerance = 2.0**-7 if name in ("with a number",) else 0.0
    np.testing.assert_allclose(narrow.float().numpy(), rounded(wide), rtol=tolerance)


def test_gradients_are_bfloat16_for_its_leaves_and_float32_for_others() -> None:
    x = engine.tensor(DRAWN, requires_grad=True)
    weight = engine.ones(6, 2, dtype=bfloat16).requires_grad_()
    (x.bfloat16() @ weight).relu().sum().backward()
    assert (x.grad.dtype, weight.grad.dtype) == (float32, bfloat16)


def test_a_layer_and_its_optimizer_stay_bfloat16() -> None:
    model = engine.nn.Sequential(engine.nn.Linear(6, 8), engine.nn.GELU(), engine.nn.LayerNorm(8)).to(bfloat16)
    optimizer = engine.optim.Adam(model.parameters(), lr=0.1)
    before = model(engine.tensor(DRAWN).bfloat16()).square().sum()
    for _ in range(5):
        loss = model(engine.tensor(DRAWN).bfloat16()).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert {parameter.dtype for parameter in model.parameters()} == {bfloat16}
    assert loss.item() < before.item()


def test_written_in_place_and_read_back() -> None:
    x = engine.zeros(3, dtype=bfloat16)
    x[1] = 1.2345
    x += 1
    assert x.tolist() == rounded([1, rounded(1.2345) + 1, 1]).tolist()
    assert x.numpy().dtype == bfloat16.numpy
    assert engine.from_numpy(x.numpy()).dtype is bfloat16


@pytest.mark.parity
@pytest.mark.parametrize("name", OPERATIONS)
def test_pytorch_gives_the_same_numbers(name: str) -> None:
    torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
    mine = OPERATIONS[name](engine.tensor(DRAWN).bfloat16())
    right = OPERATIONS[name](torch.tensor(DRAWN).bfloat16())
    # Two orders of adding up differ by the last bit of a bfloat16 at most.
    np.testing.assert_allclose(mine.float().numpy(), right.float().numpy(), rtol=2.0**-7)
