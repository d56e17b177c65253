"""What hooks make of kept tensors is kept in their place, and inference tensors are not kept at all."""

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd.graph import saved_tensors_hooks


def test_only_what_the_hooks_give_is_kept() -> None:
    x = engine.ones(3, requires_grad=True)
    with saved_tensors_hooks(
        lambda each: each.numpy().tobytes(), lambda data: engine.from_numpy(np.frombuffer(data, "f4").copy())
    ):
        middle = x * 2
        result = middle.exp()
    array = weakref.ref(middle.array)
    del middle
    gc.collect()
    assert array() is None
    result.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(np.full(3, 2.0)), rtol=1e-6)


def test_a_graph_with_packed_tensors_goes_when_its_result_goes() -> None:
    class Watched:
        def __init__(self, tensor: Any) -> None:
            self.tensor = tensor

    packed = []

    def pack(tensor: Any) -> Watched:
        made = Watched(tensor)
        packed.append(weakref.ref(made))
        return made

    x = engine.ones(3, requires_grad=True)
    gc.disable()
    try:
        with saved_tensors_hooks(pack, lambda made: made.tensor):
            result = (x * x).exp()
        assert all(each() is not None for each in packed)
        del result
        assert all(each() is None for each in packed)
    finally:
        gc.enable()


def test_a_function_goes_with_its_result() -> None:
    class Kept(engine.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[1]

    gc.disable()
    try:
        result = Kept.apply(engine.ones(3, requires_grad=True))
        array = weakref.ref(result.array)
        del result
        assert array() is None
    finally:
        gc.enable()


def test_inference_tensors_say_what_to_do_instead() -> None:
    weight = engine.ones(2, requires_grad=True)
    with engine.inference_mode():
        made = engine.ones(2) * 2
    assert made.is_inference()
    with pytest.raises(RuntimeError, match=r"cannot be saved for backward, as mul\(\) would.*clone"):
        made * weight
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside InferenceMode"):
        made.add_(1)
    with engine.inference_mode():
        made.add_(1)
    np.testing.assert_array_equal((made.clone() * weight).detach().numpy(), [3, 3])
