"""Averages of large tensors, moved in one pass: equal to the reference, in every layout, and told to who watches."""

from typing import Any

import numpy as np
import pytest

from engine.autograd.modes import kernel_mode, no_grad
from engine.averaging import get_ema_multi_avg_fn, get_swa_multi_avg_fn
from engine.averaging.moving import move_towards
from engine.creation import tensor
from engine.kernels.cpu.optimizers_around import running_average

SIDE = int(running_average.least**0.5) + 3


def pair(dtype: str = "float32") -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    return tuple(tensor(random.normal(size=(SIDE, SIDE)).astype(dtype)) for _ in range(2))  # type: ignore[return-value]


@pytest.mark.parametrize("mode", ["fast", "reference"])
@pytest.mark.parametrize("layout", ["plain", "turned", "one turned", "gaps", "float64", "expanded"])
def test_an_average_moves_in_every_layout(layout: str, mode: str) -> None:
    average, current = pair("float64" if layout == "float64" else "float32")
    if layout == "turned":
        average, current = average.t(), current.t()
    elif layout == "one turned":
        current = current.t()
    elif layout == "gaps":
        average, current = average[:, ::2], current[:, ::2]
    elif layout == "expanded":
        current = current[:1].expand(SIDE, SIDE)
    expected = 0.9 * average.array.astype("d") + 0.1 * current.array
    held, before = average.array, average._version
    with kernel_mode(mode):
        move_towards(average, current, 0.1)
    np.testing.assert_allclose(average.array, expected, rtol=1e-5, atol=1e-6)
    assert average.array is held
    assert average._version == before + 1


@pytest.mark.parametrize("function", [get_ema_multi_avg_fn(0.75), get_swa_multi_avg_fn()], ids=["ema", "swa"])
def test_lists_of_averages_are_those_of_the_reference(function: Any) -> None:
    results = []
    for mode in ("fast", "reference"):
        averages, currents = zip(pair(), (tensor([1.0, 2.0]), tensor([3.0, 5.0])), strict=True)
        with kernel_mode(mode):
            for count in range(1, 4):
                function(averages, currents, tensor(count))
        results.append([each.array for each in averages])
    for fast, right in zip(*results, strict=True):
        np.testing.assert_allclose(fast, right, rtol=1e-5, atol=1e-6)


def test_a_leaf_that_requires_grad_refuses() -> None:
    average, current = pair()
    average.requires_grad_()
    with pytest.raises(RuntimeError, match="leaf Variable"):
        move_towards(average, current, 0.5)
    with no_grad():
        move_towards(average, current, 1.0)
    assert np.array_equal(average.array, current.array)
