"""Normalised weights beside PyTorch's: the keys of their states, and with them outputs and gradients over steps."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import nn
from engine.creation import tensor
from tests.engine.nn.torch_twins import assert_equal, same_weights

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:.*weight_norm. is deprecated:FutureWarning"),
    pytest.mark.filterwarnings("ignore:nn.utils.weight_norm is deprecated:FutureWarning"),
]
GIVEN = np.random.default_rng(0).normal(size=(4, 5))

WAYS: dict[str, Callable[[Any], Any]] = {
    "weight": lambda utils: lambda layer: utils.parametrizations.weight_norm(layer),
    "weight-1": lambda utils: lambda layer: utils.parametrizations.weight_norm(layer, dim=1),
    "weight-whole": lambda utils: lambda layer: utils.parametrizations.weight_norm(layer, dim=None),
    "spectral": lambda utils: lambda layer: utils.parametrizations.spectral_norm(layer),
    "spectral-1": lambda utils: lambda layer: utils.parametrizations.spectral_norm(layer, n_power_iterations=3, dim=1),
    "spectral-bias": lambda utils: lambda layer: utils.parametrizations.spectral_norm(layer, "bias"),
    "orthogonal": lambda utils: lambda layer: utils.parametrizations.orthogonal(layer),
    "orthogonal-cayley": lambda utils: lambda layer: utils.parametrizations.orthogonal(layer, orthogonal_map="cayley"),
    "orthogonal-plain": lambda utils: lambda layer: utils.parametrizations.orthogonal(layer, use_trivialization=False),
    "old weight": lambda utils: lambda layer: utils.weight_norm(layer),
    "old weight-whole": lambda utils: lambda layer: utils.weight_norm(layer, dim=None),
    "old spectral": lambda utils: lambda layer: utils.spectral_norm(layer),
    "old spectral-1": lambda utils: lambda layer: utils.spectral_norm(layer, n_power_iterations=2, dim=1),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_a_normalised_layer_equals_its_twin(way: str, training: bool) -> None:
    ours = WAYS[way](nn.utils)(nn.Linear(5, 3).double()).train(training)
    theirs = WAYS[way](torch.nn.utils)(torch.nn.Linear(5, 3).double()).train(training)
    same_weights(ours, theirs)
    for _ in range(3):
        mine, its = tensor(GIVEN, requires_grad=True), torch.tensor(GIVEN, requires_grad=True)
        output, expected = ours(mine), theirs(its)
        assert_equal(output, expected, 1e-9, "output")
        output.square().sum().backward()
        expected.square().sum().backward()
        assert_equal(mine.grad, its.grad, 1e-9, "gradient of input")
        for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
            assert_equal(one.grad, other.grad, 1e-9, f"gradient of {name}")
        for (name, one), other in zip(ours.named_buffers(), theirs.buffers(), strict=True):
            assert_equal(one, other, 1e-9, name)


@pytest.mark.parametrize("way", ["weight", "spectral", "orthogonal"])
def test_a_normalised_layer_prints_as_in_torch(way: str) -> None:
    assert repr(WAYS[way](nn.utils)(nn.Linear(5, 3))) == repr(WAYS[way](torch.nn.utils)(torch.nn.Linear(5, 3)))


def test_householder_reflections_of_torch_are_assigned_alike() -> None:
    basis = np.linalg.qr(np.random.default_rng(3).normal(size=(5, 3)))[0]
    layers = []
    for library, make in ((nn, tensor), (torch.nn, torch.tensor)):
        layer = library.Linear(3, 5).double()
        library.utils.parametrizations.orthogonal(layer, use_trivialization=False)
        layer.weight = make(basis)
        layers.append(layer)
    ours, theirs = layers
    assert_equal(ours.weight, theirs.weight, 1e-12, "weight")
    assert_equal(ours.parametrizations.weight.original, theirs.parametrizations.weight.original, 1e-12, "original")
