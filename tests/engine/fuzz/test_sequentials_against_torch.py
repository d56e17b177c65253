"""Random stacks of layers with a random loss and optimizer train as PyTorch's do, also when their step is recorded."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from tests.engine.fuzz.machine import refusal
from tests.engine.nn.torch_twins import same_weights

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

EXAMPLES = int(os.environ.get("GALLEY_FUZZ_EXAMPLES", "60"))
STEPS = 3
FEATURES = 4

# Each layer of a (batch, features) tensor: its name and what it is made with; a number stands for the features so far.
LAYERS: list[tuple[str, dict[str, Any]]] = [
    ("Linear", {"in_features": FEATURES, "out_features": FEATURES}),
    ("Linear", {"in_features": FEATURES, "out_features": FEATURES, "bias": False}),
    ("BatchNorm1d", {"num_features": FEATURES}),
    ("BatchNorm1d", {"num_features": FEATURES, "affine": False, "momentum": None}),
    ("BatchNorm1d", {"num_features": FEATURES, "track_running_stats": False}),
    ("LayerNorm", {"normalized_shape": FEATURES}),
    ("LayerNorm", {"normalized_shape": FEATURES, "bias": False}),
    ("LayerNorm", {"normalized_shape": FEATURES, "elementwise_affine": False}),
    ("Dropout", {"p": 0.0}),
    ("Identity", {}),
    ("Tanh", {}),
    ("Sigmoid", {}),
    ("ReLU", {}),
    ("ReLU", {"inplace": True}),
    ("ReLU6", {}),
    ("LeakyReLU", {"negative_slope": 0.2, "inplace": True}),
    ("ELU", {"alpha": 0.7}),
    ("ELU", {"inplace": True}),
    ("CELU", {}),
    ("SELU", {"inplace": True}),
    ("GELU", {}),
    ("GELU", {"approximate": "tanh"}),
    ("SiLU", {"inplace": True}),
    ("Mish", {}),
    ("Softplus", {"beta": 2.0}),
    ("Softsign", {}),
    ("Softshrink", {"lambd": 0.1}),
    ("Hardshrink", {"lambd": 0.1}),
    ("Hardtanh", {"inplace": True}),
    ("Hardsigmoid", {}),
    ("Hardswish", {}),
    ("LogSigmoid", {}),
    ("Tanhshrink", {}),
    ("Threshold", {"threshold": 0.1, "value": 0.3}),
    ("PReLU", {}),
    ("PReLU", {"num_parameters": FEATURES}),
    ("Softmax", {"dim": 1}),
    ("LogSoftmax", {"dim": -1}),
    ("Softmin", {"dim": 0}),
]
# Layers of several dimensions stand between an Unflatten and a Flatten.
SPATIAL: list[tuple[str, dict[str, Any]]] = [
    ("MaxPool1d", {"kernel_size": 1}),
    ("MaxPool1d", {"kernel_size": 3, "stride": 1, "padding": 1}),
    ("BatchNorm1d", {"num_features": 2}),
    ("LayerNorm", {"normalized_shape": (2, 2)}),
    ("Tanh", {}),
]
LOSSES: list[tuple[str, dict[str, Any]]] = [
    ("MSELoss", {}),
    ("MSELoss", {"reduction": "sum"}),
    ("L1Loss", {}),
    ("SmoothL1Loss", {"beta": 0.5}),
    ("HuberLoss", {"delta": 0.7}),
    ("CrossEntropyLoss", {}),
    ("CrossEntropyLoss", {"label_smoothing": 0.1, "reduction": "sum"}),
    ("CrossEntropyLoss", {"ignore_index": 2}),
    ("BCEWithLogitsLoss", {}),
    ("SoftMarginLoss", {}),
    ("PoissonNLLLoss", {}),
]
# What batch norm hides has no gradient but noise, which a smaller eps would make steps of.
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "dampening": 0.2, "maximize": True}),
    ("Adam", {"lr": 0.01, "eps": 0.01}),
    ("Adam", {"lr": 0.01, "amsgrad": True, "weight_decay": 0.1, "eps": 0.01}),
    ("AdamW", {"lr": 0.01, "betas": (0.7, 0.9), "eps": 0.01}),
]

layers = st.lists(st.sampled_from(LAYERS), min_size=1, max_size=6)
spatial = st.lists(st.sampled_from(SPATIAL), max_size=2)


def stacked(lib: Any, chosen: list[tuple[str, dict[str, Any]]], between: list[tuple[str, dict[str, Any]]]) -> Any:
    """A Linear, the layers, those of several dimensions, and a Linear, all in float64."""
    outer = ("Linear", {"in_features": FEATURES, "out_features": FEATURES})
    folded = [("Unflatten", {"dim": 1, "unflattened_size": (2, 2)}), *between, ("Flatten", {})] if between else []
    made = [getattr(lib.nn, name)(**arguments) for name, arguments in [outer, *chosen, *folded, outer]]
    return lib.nn.Sequential(*made).double()


def answers(loss: str, random: np.random.Generator) -> np.ndarray:
    """What a loss compares with."""
    if loss == "CrossEntropyLoss":
        return random.integers(0, 2, size=6)
    drawn = random.normal(size=(6, FEATURES))
    if loss == "SoftMarginLoss":
        return np.sign(drawn)
    return (drawn > 0).astype(float) if loss in ("BCEWithLogitsLoss", "PoissonNLLLoss") else drawn


def trained(lib: Any, model: Any, loss: Any, optimizer: Any, compiled: bool) -> list[float]:
    """The losses of a few steps."""
    random = np.random.default_rng(0)
    criterion = getattr(lib.nn, loss[0])(**loss[1])

    def pass_over(x: Any, y: Any) -> Any:
        result = criterion(model(x), y)
        result.backward()
        return result.detach()

    if compiled:
        pass_over = lib.compile(pass_over)
    losses = []
    for _ in range(STEPS):
        x, y = lib.tensor(random.normal(size=(6, FEATURES))), lib.tensor(answers(loss[0], random))
        optimizer.zero_grad()
        losses.append(pass_over(x, y).item())
        optimizer.step()
    return losses


def attempt(*arguments: Any) -> list[float] | str:
    """The losses of a training, or what it was refused with."""
    try:
        return trained(*arguments)
    except RuntimeError as error:
        return refusal(error)


@settings(max_examples=EXAMPLES)
@given(layers, spatial, st.sampled_from(LOSSES), st.sampled_from(OPTIMIZERS), st.booleans())
def test_sequentials(chosen: Any, between: Any, loss: Any, optimizer: Any, compiled: bool) -> None:
    ours, theirs = stacked(engine, chosen, between), stacked(torch, chosen, between)
    same_weights(ours, theirs)
    name, arguments = optimizer
    with warnings.catch_warnings():
        if compiled:
            # Where a layer keeps its step from being recorded, that step is run as it is.
            warnings.filterwarnings("ignore", message=".*runs without its recording")
        found = attempt(engine, ours, loss, getattr(engine.optim, name)(ours.parameters(), **arguments), compiled)
    right = attempt(torch, theirs, loss, getattr(torch.optim, name)(theirs.parameters(), **arguments), False)
    if isinstance(right, str):
        # An activation that writes over what the layer before it keeps; of some we keep a copy, where PyTorch doesn't.
        assert found == right or not isinstance(found, str)
        return
    assert not isinstance(found, str), found
    if not np.all(np.isfinite(right)) or np.max(np.abs(right)) > 1e6:
        return
    np.testing.assert_allclose(found, right, rtol=1e-7, atol=1e-9)
    for (key, mine), its in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        np.testing.assert_allclose(mine.numpy(), its.numpy(), rtol=1e-6, atol=1e-8, err_msg=key)
