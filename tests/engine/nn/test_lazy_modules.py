"""Lazy layers: before, at and after their first call, through state dicts, conversions and copies."""

import copy
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.creation import tensor

RNG = np.random.default_rng(4)
MATRIX, SEQUENCE = RNG.normal(size=(4, 6)), RNG.normal(size=(3, 6, 5))
IMAGE, VOLUME = RNG.normal(size=(2, 6, 5, 4)), RNG.normal(size=(2, 6, 3, 4, 2))

LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any], np.ndarray]] = [
    ("Linear", (3,), {}, MATRIX),
    ("Linear", (3, False), {}, SEQUENCE),
    ("BatchNorm1d", (), {}, MATRIX),
    ("BatchNorm1d", (1e-3, 0.3), {"affine": False}, SEQUENCE),
    ("BatchNorm2d", (), {"track_running_stats": False}, IMAGE),
    ("BatchNorm2d", (), {"bias": False}, IMAGE),
    ("BatchNorm3d", (), {}, VOLUME),
    ("InstanceNorm1d", (), {}, SEQUENCE),
    ("InstanceNorm2d", (), {"affine": True}, IMAGE),
    ("InstanceNorm3d", (), {"track_running_stats": False}, VOLUME),
    ("Conv1d", (4, 3), {"padding": "same"}, SEQUENCE),
    ("Conv1d", (4, 3), {}, SEQUENCE[0]),
    ("Conv2d", (4, 3, 2), {"groups": 2, "bias": False}, IMAGE),
    ("Conv3d", (2, 2), {"padding": 1, "padding_mode": "circular"}, VOLUME),
    ("ConvTranspose1d", (4, 3), {"stride": 2, "output_padding": 1}, SEQUENCE),
    ("ConvTranspose2d", (4, 3), {"groups": 2, "dilation": 2}, IMAGE),
    ("ConvTranspose3d", (2, 2), {"bias": False}, VOLUME),
]
IDS = [f"{each[0]}-{each[1]}-{list(each[2])}" for each in LAYERS]


@pytest.mark.parametrize(("name", "args", "options", "given"), LAYERS, ids=IDS)
def test_a_layer_takes_its_shape_from_its_first_input(
    name: str, args: tuple[Any, ...], options: dict[str, Any], given: np.ndarray
) -> None:
    layer = getattr(nn, f"Lazy{name}")(*args, **options).double()
    before = list(layer.state_dict())
    output = layer(tensor(given))
    assert type(layer) is getattr(nn, name)
    assert list(layer.state_dict()) == before
    assert all(each.dtype == engine.float64 for each in layer.parameters())
    assert engine.equal(copy.deepcopy(layer).eval()(tensor(given)), layer.eval()(tensor(given)))
    assert output.dtype == engine.float64


def test_parameters_without_a_shape_say_so() -> None:
    layer = nn.LazyLinear(3)
    assert repr(layer.weight) == "<UninitializedParameter>"
    assert layer.weight.dtype == engine.float32
    assert layer.weight.requires_grad
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        _ = layer.weight.shape
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
        layer.weight + 1
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
        engine.matmul(layer.weight, layer.weight)
    with pytest.raises(RuntimeError, match="uninitialized buffer"):
        _ = nn.LazyBatchNorm1d().running_mean.shape


def test_gradients_flow_to_what_was_materialized() -> None:
    model = nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(1))
    model(tensor(MATRIX.astype("float32"))).sum().backward()
    assert [tuple(each.grad.shape) for each in model.parameters()] == [(4, 6), (4,), (1, 4), (1,)]
    assert 0 < model[0].weight.abs().max().item() <= 1 / np.sqrt(6)


def test_a_state_dict_gives_shapes_too() -> None:
    source, layer = nn.Linear(6, 3), nn.LazyLinear(3)
    layer.load_state_dict(source.state_dict())
    assert type(layer) is nn.LazyLinear
    given = tensor(MATRIX.astype("float32"))
    assert engine.equal(layer(given), source(given))
    assert repr(layer) == repr(source)
    wrong = nn.LazyLinear(3)
    wrong.load_state_dict(source.state_dict())
    with pytest.raises(AssertionError, match=r"from input: 5 is not equal to in_features from self\.weight: 6"):
        wrong(given[:, :5])


def test_an_uninitialized_state_fits_uninitialized_layers_alone() -> None:
    nn.LazyLinear(3).load_state_dict(nn.LazyLinear(3).state_dict())
    with pytest.raises(RuntimeError, match='"weight" has its shape in the current model, but is uninitialized'):
        nn.Linear(6, 3).load_state_dict(nn.LazyLinear(3).state_dict())


def test_copies_and_conversions_stay_lazy() -> None:
    layer = nn.LazyLinear(3)
    twin = copy.deepcopy(layer).double()
    assert (twin.weight.dtype, layer.weight.dtype) == (engine.float64, engine.float32)
    twin(tensor(MATRIX))
    assert type(layer) is nn.LazyLinear
    assert twin.weight.dtype == engine.float64
    frozen = nn.LazyLinear(3).requires_grad_(False)
    frozen(tensor(MATRIX.astype("float32")))
    assert not any(each.requires_grad for each in frozen.parameters())


def test_a_module_that_forgets_a_parameter_is_told() -> None:
    class Forgetful(nn.LazyLinear):
        def initialize_parameters(self, input: Any) -> None:
            self.weight.materialize((3, 6))

    with pytest.raises(RuntimeError, match="module Forgetful has not been fully initialized"):
        Forgetful(3)(tensor(MATRIX))


def test_groups_must_divide_the_channels_that_come() -> None:
    with pytest.raises(ValueError, match="in_channels must be divisible by groups: 6 by 4"):
        nn.LazyConv2d(4, 3, groups=4)(tensor(IMAGE))
    with pytest.raises(RuntimeError, match=r"Expected 3D \(unbatched\) or 4D \(batched\) input to LazyConv2d"):
        nn.LazyConv2d(4, 3)(tensor(MATRIX))
