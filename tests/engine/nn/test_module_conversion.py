"""Modules move between types and devices in place; on meta they tell shapes without values."""

import pytest

from engine.backend.dtype import bfloat16, float16, float32, float64, int64
from engine.creation import ones, tensor, zeros
from engine.nn.containers import Sequential
from engine.nn.layers import Linear, ReLU
from engine.nn.module import Module
from engine.nn.parameter import Buffer, Parameter


class Mixed(Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = Parameter(ones(2))
        self.scale = Buffer(ones(1))
        self.count = Buffer(tensor(3))


def test_floating_parts_change_type_and_keep_their_identity() -> None:
    module = Mixed()
    weight = module.weight
    (weight * 2).sum().backward()
    assert module.double() is module
    assert module.weight is weight
    assert [each.dtype for each in (weight, weight.grad, module.scale, module.count)] == [float64] * 3 + [int64]
    (weight * weight).sum().backward()
    assert weight.grad.tolist() == [4, 4]
    assert module.half().weight.dtype is float16
    assert module.bfloat16().weight.dtype is bfloat16
    assert module.float().weight.dtype is float32
    assert module.to(tensor(1.0).double()).weight.dtype is float64
    assert module.to("cpu", float32).weight.dtype is float32
    assert module.to(dtype=float64).weight.dtype is float64
    assert module.type(float32).count.dtype is float32


def test_wrong_targets_are_refused() -> None:
    with pytest.raises(TypeError, match=r"only accepts floating point dtypes, but got desired dtype=engine\.int64"):
        Mixed().to(int64)
    with pytest.raises(TypeError, match=r"takes a device, a dtype or a tensor, got float 3\.0"):
        Mixed().to(3.0)
    with pytest.raises(RuntimeError, match="unknown device 'gpu'"):
        Mixed().to("gpu")


def test_moving_to_where_it_is_keeps_the_memory() -> None:
    module = Mixed()
    storage = module.weight.storage
    module.to("cpu").float()
    assert module.weight.storage is storage


def test_a_model_on_meta_runs_forward_and_backward_without_values() -> None:
    model = Sequential(Linear(5, 7), ReLU(), Linear(7, 2)).to("meta")
    output = model(zeros(3, 5, device="meta"))
    assert output.shape == (3, 2)
    assert output.device.type == "meta"
    output.sum().backward()
    assert {name: parameter.grad.shape for name, parameter in model.named_parameters()} == {
        "0.weight": (7, 5),
        "0.bias": (7,),
        "2.weight": (2, 7),
        "2.bias": (2,),
    }
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        model(zeros(3, 4, device="meta"))
    model.zero_grad()
    model.to_empty(device="cpu")
    assert model(zeros(3, 5)).shape == (3, 2)
