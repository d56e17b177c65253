"""Hooks: their order, what they see and what they may replace."""

from typing import Any

import pytest

from engine.capture import compile
from engine.creation import ones, tensor
from engine.nn.containers import Sequential
from engine.nn.module import Module


class Double(Module):
    def forward(self, input: Any, plus: float = 0.0) -> Any:
        return input * 2 + plus


class Broken(Module):
    def forward(self, input: Any) -> Any:
        raise ValueError("broken")


def test_forward_hooks_run_in_order_and_replace() -> None:
    module, seen = Double(), list[Any]()
    module.register_forward_pre_hook(lambda owner, args: seen.append("pre"))
    module.register_forward_pre_hook(lambda owner, args: args[0] + 1)
    module.register_forward_hook(lambda owner, args, output: seen.append(("post", args[0].item(), output.item())))
    module.register_forward_hook(lambda owner, args, output: output * 10)
    module.register_forward_hook(lambda owner, args, output: seen.append("first"), prepend=True)
    assert module(tensor(1.0)).item() == 40
    assert seen == ["pre", "first", ("post", 2, 4)]


def test_hooks_with_keyword_arguments() -> None:
    module, seen = Double(), list[Any]()
    module.register_forward_pre_hook(lambda owner, args, kwargs: (args, {"plus": kwargs["plus"] + 1}), with_kwargs=True)
    module.register_forward_hook(lambda owner, args, kwargs, output: seen.append(kwargs), with_kwargs=True)
    assert module(tensor(1.0), plus=3).item() == 6
    assert seen == [{"plus": 4}]
    module.register_forward_pre_hook(lambda owner, args, kwargs: args, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"must return None or a tuple of \(new_args, new_kwargs\)"):
        module(tensor(1.0), plus=3)


def test_a_removed_hook_is_not_called() -> None:
    module, seen = Double(), list[Any]()
    with module.register_forward_hook(lambda *given: seen.append(1)):
        module(ones(1))
    handle = module.register_forward_pre_hook(lambda *given: seen.append(2))
    handle.remove()
    handle.remove()
    module(ones(1))
    assert seen == [1]


def test_a_compiled_function_calls_hooks_each_time() -> None:
    module, seen = Double(), list[Any]()
    module.register_forward_hook(lambda owner, args, output: seen.append(output.item()))
    step = compile(module)
    with pytest.warns(RuntimeWarning, match="Tensor.item"):
        step(tensor(1.0))
    for value in (2.0, 3.0):
        step(tensor(value))
    assert seen[-2:] == [4, 6]


def test_always_called_hooks_see_failures() -> None:
    module, seen = Broken(), list[Any]()
    module.register_forward_hook(lambda owner, args, output: seen.append("plain"))
    module.register_forward_hook(lambda owner, args, output: seen.append(output), always_call=True)
    with pytest.raises(ValueError, match="broken"):
        module(ones(1))
    assert seen == [None]


def test_backward_hooks_see_gradients_of_inputs_and_outputs() -> None:
    module, seen = Sequential(Double(), Double()), list[Any]()
    module.register_full_backward_pre_hook(lambda owner, outward: seen.append(("pre", outward[0].item())))
    module.register_full_backward_hook(
        lambda owner, inward, outward: seen.append(("whole", inward[0].item(), outward[0].item()))
    )
    module[1].register_full_backward_hook(
        lambda owner, inward, outward: seen.append(("last", inward[0].item(), outward[0].item()))
    )
    value = tensor(1.0, requires_grad=True)
    (module(value) * 3).backward()
    assert seen == [("pre", 3), ("last", 6, 3), ("whole", 12, 3)]
    assert value.grad.item() == 12


def test_backward_hooks_replace_gradients() -> None:
    module = Double()
    module.register_full_backward_pre_hook(lambda owner, outward: (outward[0] * 10,))
    module.register_full_backward_hook(lambda owner, inward, outward: (inward[0] + outward[0],))
    value = tensor(1.0, requires_grad=True)
    module(value).backward()
    assert value.grad.item() == 30
    module.register_full_backward_hook(lambda owner, inward, outward: (None, None))
    with pytest.raises(RuntimeError, match="invalid number of grad_input, got 2, but expected 1"):
        module(value).backward()


def test_backward_hooks_without_a_gradient_for_the_input() -> None:
    class Scale(Module):
        def __init__(self) -> None:
            super().__init__()
            self.factor = tensor(3.0, requires_grad=True)

        def forward(self, input: Any) -> Any:
            return input * self.factor, "text"

    module, seen = Scale(), list[Any]()
    module.register_full_backward_hook(lambda owner, inward, outward: seen.append((inward, len(outward))))
    output, text = module(tensor(2.0))
    output.backward()
    assert text == "text"
    assert seen == [((None,), 2)]
    assert module.factor.grad.item() == 2
