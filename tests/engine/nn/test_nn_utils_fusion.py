"""Layers fused with the batch normalisation behind them, and modules called with other tensors than their own."""

from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.creation import tensor
from engine.nn.utils.stateless import functional_call

RNG = np.random.default_rng(2)


def settled(features: int, affine: bool, kind: Any = nn.BatchNorm1d) -> Any:
    """A batch normalisation that has seen something, in evaluation mode."""
    bn = kind(features, affine=affine).double()
    for each in (bn.weight, bn.bias, bn.running_mean):
        if each is not None:
            nn.init.normal_(each)
    nn.init.uniform_(bn.running_var, 0.5, 2.0)
    return bn.eval()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
def test_a_fused_linear_layer_does_both(bias: bool, affine: bool) -> None:
    linear, bn = nn.Linear(4, 3, bias).double().eval(), settled(3, affine)
    given = tensor(RNG.normal(size=(5, 4)))
    fused = nn.utils.fuse_linear_bn_eval(linear, bn)
    assert engine.allclose(fused(given), bn(linear(given)))
    assert isinstance(fused.bias, nn.Parameter)
    with pytest.raises(AssertionError, match="Fusion only for eval"):
        nn.utils.fuse_linear_bn_eval(linear.train(), bn)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("transpose", [True, False])
def test_a_fused_convolution_does_both(transpose: bool, bias: bool) -> None:
    kind: Any = nn.ConvTranspose2d if transpose else nn.Conv2d
    conv, bn = kind(4, 3, 2, bias=bias).double().eval(), settled(3, True, nn.BatchNorm2d)
    given = tensor(RNG.normal(size=(2, 4, 5, 5)))
    assert engine.allclose(nn.utils.fuse_conv_bn_eval(conv, bn, transpose)(given), bn(conv(given)))


def test_spectral_norm_takes_the_outputs_of_transposed_convolutions_for_rows() -> None:
    conv = nn.utils.parametrizations.spectral_norm(nn.ConvTranspose2d(4, 3, 2))
    assert tuple(conv.parametrizations.weight[0]._u.shape) == (3,)


def test_tensors_stand_in_for_a_call_alone() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    own = {name: value.clone() for name, value in model.state_dict().items()}
    weight = engine.zeros(2, 3, requires_grad=True)
    given = engine.randn(4, 3)
    output = functional_call(model.eval(), {"0.weight": weight, "1.running_mean": engine.ones(2)}, given)
    bias = model[0].bias
    assert engine.allclose(output, ((bias - 1) / (1 + 1e-5) ** 0.5).expand(4, 2))
    output.sum().backward()
    assert weight.grad is not None
    assert all(engine.equal(value, own[name]) for name, value in model.state_dict().items())
    with pytest.raises(RuntimeError, match=r"Missing key\(s\): 0.bias"):
        functional_call(model, {"0.weight": weight}, given, strict=True)
    with pytest.raises(RuntimeError, match=r"Unexpected key\(s\): 2.weight"):
        functional_call(model, {"2.weight": weight}, given, strict=True)
    with pytest.raises(ValueError, match="appeared in multiple dictionaries"):
        functional_call(model, [{"0.weight": weight}, {"0.weight": weight}], given)


def test_tied_tensors_are_replaced_together() -> None:
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    model[1].weight = model[0].weight
    given = engine.randn(2, 3)
    assert engine.allclose(functional_call(model, {"0.weight": engine.eye(3) * 2}, (given,)), given * 4)
    alone = functional_call(model, {"0.weight": engine.eye(3)}, (given,), tie_weights=False)
    assert engine.allclose(alone, model[1](given))
    with pytest.raises(ValueError, match="multiple values for keys"):
        functional_call(model, {"0.weight": engine.eye(3), "1.weight": engine.ones(3, 3)}, given)


def test_a_module_that_fails_keeps_its_tensors() -> None:
    layer = nn.Linear(3, 2)
    weight = layer.weight
    with pytest.raises(RuntimeError):
        functional_call(layer, {"weight": engine.ones(2, 7)}, engine.ones(1, 3))
    assert layer.weight is weight
