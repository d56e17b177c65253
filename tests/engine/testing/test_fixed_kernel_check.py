"""The check of kernels that can be called again without their Python fails each kind that can't be."""

from typing import Any

import numpy as np
import pytest

from engine.kernels.cpu.jit import compiled
from engine.kernels.kernel import Kernel
from engine.testing.kernels import check_kernels
from engine.testing.row import Row, Sample
from tests.engine.autograd.blend import make_blend


@compiled
def mix(y: Any, first: Any, second: Any, weight: float) -> None:
    for place in range(y.size):
        y[place] = first[place] * (1 - weight) + second[place] * weight


@compiled
def largest(x: Any) -> Any:
    found = x[0]
    for each in x:
        found = max(found, each)
    return found


def accepts(inputs: Any, attributes: Any) -> bool:
    """Two arrays of one kind, without gaps and no views."""
    return all(
        isinstance(each, np.ndarray)
        and each.size > 0
        and (each.shape, each.dtype) == (inputs[0].shape, np.float32)
        and each.flags.c_contiguous
        and each.flags.aligned
        for each in inputs
    )


def right(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    y, first, second = (each.reshape(-1) for each in (*outputs, *inputs))
    mix(y, first, second, float(attributes[0]))


def looking_at_values(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    y, first, second = (each.reshape(-1) for each in (*outputs, *inputs))
    mix(y, first, second, float(attributes[0]) * float(first.min() > -99))


def writing_by_itself(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    right(outputs, inputs, attributes, scratch)
    outputs[0][...] = inputs[0] * (1 - attributes[0]) + inputs[1] * attributes[0]


def working_on_copies(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    right(outputs, tuple(each.copy() for each in inputs), attributes, scratch)


def using_what_a_call_returns(outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
    y, first, second = (each.reshape(-1) for each in (*outputs, *inputs))
    top = largest(first)
    mix(y, first, second, float(attributes[0]) if top is not None else 0.0)


def check(function: Any) -> None:
    blend = make_blend()
    blend.fast(cpu=Kernel(function, accepts, fixed=True))
    row = Row(blend, lambda *_: None, lambda rng: [Sample(tuple(rng.normal(size=(2, 6, 8))))], dtypes=("float32",))
    check_kernels([row], np.random.default_rng(3))


def test_a_right_one_passes() -> None:
    check(right)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (looking_at_values, "made again, give something else"),
        (writing_by_itself, "writes by itself"),
        (working_on_copies, "made again, give something else"),
        (using_what_a_call_returns, "made again, give something else"),
    ],
)
def test_a_wrong_one_fails(function: Any, reason: str) -> None:
    with pytest.raises(AssertionError, match=reason):
        check(function)
