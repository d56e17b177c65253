"""Layers beside PyTorch's with the same weights: outputs, gradients, buffers and text."""

from typing import Any

import numpy as np
import pytest

from engine import nn
from tests.engine.nn.torch_twins import compare

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(5)
MATRIX = RNG.normal(size=(4, 6)) * 3
SEQUENCE = RNG.normal(size=(3, 6, 5))
IMAGE = RNG.normal(size=(2, 6, 5, 4))

LAYERS = [
    ("Linear", (6, 3), {}, [MATRIX]),
    ("Linear", (6, 3, False), {}, [MATRIX]),
    ("Linear", (6, 3), {}, [MATRIX[0]]),
    ("Linear", (5, 2), {}, [SEQUENCE]),
    ("CosineSimilarity", (0,), {}, [MATRIX, MATRIX[::-1].copy()]),
    ("PairwiseDistance", (1.0,), {"keepdim": True}, [MATRIX, MATRIX[::-1].copy()]),
    ("Identity", (54,), {"unused": 1}, [MATRIX]),
    ("Flatten", (), {}, [IMAGE]),
    ("Flatten", (0, 2), {}, [IMAGE]),
    ("Unflatten", (1, (2, 3)), {}, [IMAGE]),
    ("Dropout", (0.0,), {}, [MATRIX]),
    ("ReLU", (), {}, [MATRIX]),
    ("ReLU6", (), {}, [MATRIX * 3]),
    ("LeakyReLU", (0.2,), {}, [MATRIX]),
    ("PReLU", (), {}, [MATRIX]),
    ("PReLU", (6, 0.1), {}, [IMAGE]),
    ("ELU", (0.7,), {}, [MATRIX]),
    ("CELU", (0.7,), {}, [MATRIX]),
    ("SELU", (), {}, [MATRIX]),
    ("Threshold", (0.1, 20), {}, [MATRIX]),
    ("GELU", (), {}, [MATRIX]),
    ("GELU", (), {"approximate": "tanh"}, [MATRIX]),
    ("SiLU", (), {}, [MATRIX]),
    ("Mish", (), {}, [MATRIX]),
    ("Hardswish", (), {}, [MATRIX]),
    ("GLU", (), {}, [MATRIX]),
    ("GLU", (1,), {}, [SEQUENCE]),
    ("Sigmoid", (), {}, [MATRIX]),
    ("LogSigmoid", (), {}, [MATRIX]),
    ("Tanh", (), {}, [MATRIX]),
    ("Hardtanh", (-0.5, 2.0), {}, [MATRIX]),
    ("Hardsigmoid", (), {}, [MATRIX]),
    ("Softsign", (), {}, [MATRIX]),
    ("Softplus", (2.0, 5.0), {}, [MATRIX]),
    ("Hardshrink", (), {}, [MATRIX]),
    ("Softshrink", (0.3,), {}, [MATRIX]),
    ("Tanhshrink", (), {}, [MATRIX]),
    ("Softmax", (1,), {}, [MATRIX]),
    ("Softmax", (-2,), {}, [IMAGE]),
    ("LogSoftmax", (1,), {}, [MATRIX]),
    ("Softmin", (1,), {}, [MATRIX]),
    ("Softmax2d", (), {}, [IMAGE]),
    ("BatchNorm1d", (6,), {}, [MATRIX]),
    ("BatchNorm1d", (6, 1e-3, 0.3), {"affine": False}, [SEQUENCE]),
    ("BatchNorm1d", (6,), {"track_running_stats": False}, [MATRIX]),
    ("BatchNorm2d", (6,), {"momentum": None}, [IMAGE]),
    ("LayerNorm", (4,), {}, [IMAGE]),
    ("LayerNorm", ([5, 4],), {"bias": False}, [IMAGE]),
    ("MaxPool1d", (2,), {}, [SEQUENCE]),
    ("MaxPool2d", (2,), {"stride": 1, "padding": 1}, [IMAGE]),
    ("MaxPool2d", ((3, 2),), {"ceil_mode": True}, [IMAGE]),
]

# PyTorch rounds their constants to float32 in float64 too.
ROUNDED_IN_TORCH = ("CELU", "Hardsigmoid")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "args", "options", "inputs"), LAYERS, ids=[f"{each[0]}-{each[1]}" for each in LAYERS])
def test_a_layer_equals_its_twin(
    name: str, args: tuple[Any, ...], options: dict[str, Any], inputs: list[np.ndarray], dtype: str
) -> None:
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    assert repr(ours) == repr(theirs)
    limit = 1e-7 if name in ROUNDED_IN_TORCH and dtype == "float64" else None
    compare(torch, ours, theirs, inputs, dtype, limit=limit)
    ours.zero_grad()
    theirs.zero_grad()
    compare(torch, ours.eval(), theirs.eval(), [each + 0.25 for each in inputs], dtype, limit=limit)


@pytest.mark.parametrize(
    ("name", "args"),
    [(name, ()) for name in ("ReLU", "LeakyReLU", "ELU", "Hardtanh", "SiLU", "Mish", "Hardswish", "SELU")]
    + [("Threshold", (0.1, 2.0)), ("Dropout", (0.0,))],
)
def test_in_place_layers_write_over_their_input(name: str, args: tuple[Any, ...]) -> None:
    def ours(input: Any) -> Any:
        middle = input * 2
        output = getattr(nn, name)(*args, inplace=True)(middle)
        assert output is middle
        return output

    def theirs(input: Any) -> Any:
        return getattr(torch.nn, name)(*args, inplace=True)(input * 2)

    assert repr(getattr(nn, name)(*args, inplace=True)) == repr(getattr(torch.nn, name)(*args, inplace=True))
    compare(torch, ours, theirs, [MATRIX], "float64")


def mlp(library: Any) -> Any:
    return library.Sequential(
        library.Flatten(),
        library.Linear(20, 16),
        library.BatchNorm1d(16),
        library.ReLU(),
        library.Dropout(0.0),
        library.Sequential(library.Linear(16, 16), library.GELU(), library.LayerNorm(16)),
        library.Linear(16, 3),
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_model_equals_its_twin(dtype: str) -> None:
    ours, theirs = mlp(nn), mlp(torch.nn)
    images = np.random.default_rng(1).normal(size=(8, 5, 4))
    compare(torch, ours, theirs, [images], dtype)
    ours.zero_grad()
    theirs.zero_grad()
    compare(torch, ours.eval(), theirs.eval(), [images], dtype)


def models(library: Any) -> list[Any]:
    class Custom(library.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = library.ModuleList([library.Linear(2, 2) for _ in range(3)] + [library.ReLU()])
            self.heads = library.ModuleDict({"a": library.Linear(2, 1), "b": mlp(library)})
            self.empty = library.ModuleList()
            self.none = None
            self.register_module("absent", None)

        def extra_repr(self) -> str:
            return "first line\nsecond line"

    nested = library.ModuleList([library.Sequential(library.Linear(1, 1)), library.Sequential(library.Linear(1, 1))])
    return [mlp(library), Custom(), nested, library.Sequential(), library.ModuleDict(), library.CrossEntropyLoss()]


def test_models_print_as_in_torch() -> None:
    for ours, theirs in zip(models(nn), models(torch.nn), strict=True):
        assert repr(ours) == repr(theirs)
