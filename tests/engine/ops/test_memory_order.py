"""Where PyTorch's results lie in row-major order, so that they can be viewed, ours do, whatever the input's order."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine

Call = Callable[[Any], Any]

CALLS: dict[str, Call] = {
    "cat": lambda x: engine.cat([x, x]),
    "stack": lambda x: engine.stack([x, x]),
    "softmax": lambda x: x.softmax(-1),
    "log_softmax": lambda x: x.log_softmax(0),
    "cumsum": lambda x: x.cumsum(0),
    "cumprod": lambda x: x.cumprod(0),
    "index": lambda x: x[..., engine.tensor([1, 0])],
    "roll": lambda x: x.roll(1, 0),
    "tril": lambda x: x.tril(),
    "triu": lambda x: x.triu(),
    "masked_fill": lambda x: x.masked_fill(x > 0, 0.0),
    "sum": lambda x: x.sum(-1),
    "mean": lambda x: x.mean(-1),
    "prod": lambda x: x.prod(-1),
    "amax": lambda x: x.amax(-1),
    "amin": lambda x: x.amin(-1),
    "var": lambda x: x.var(-1),
    "std": lambda x: x.std(-1),
    "logsumexp": lambda x: x.logsumexp(-1),
    "any": lambda x: x.any(-1),
    "all": lambda x: x.all(-1),
    "count_nonzero": lambda x: x.count_nonzero(-1),
}


@pytest.mark.parametrize("name", CALLS)
def test_results_of_transposed_inputs_can_be_viewed(name: str) -> None:
    array = np.random.default_rng(0).normal(size=(2, 3, 4))
    x = engine.tensor(array).transpose(0, 1)
    right = CALLS[name](engine.tensor(np.ascontiguousarray(array.swapaxes(0, 1))))
    np.testing.assert_allclose(CALLS[name](x).view(-1).numpy(), right.view(-1).numpy(), rtol=1e-12)


def test_functions_of_each_element_keep_the_order() -> None:
    x = engine.tensor(np.ones((2, 3))).t()
    assert (x * 2).stride() == x.exp().stride() == x.stride()
