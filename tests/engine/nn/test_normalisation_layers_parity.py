"""Normalisation and dropout layers beside PyTorch's with the same weights, training and evaluating."""

from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from tests.engine.nn.torch_twins import compare

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(11)
MATRIX = RNG.normal(size=(4, 6)) * 3 + 1
SEQUENCE = RNG.normal(size=(3, 6, 5)) * 2 - 1
IMAGE = RNG.normal(size=(2, 6, 5, 4))
VOLUME = RNG.normal(size=(2, 4, 3, 2, 5))
KEPT = {"affine": True, "track_running_stats": True}

LAYERS = [
    ("GroupNorm", (2, 6), {}, [MATRIX]),
    ("GroupNorm", (6, 6), {"bias": False}, [SEQUENCE]),
    ("GroupNorm", (1, 6, 1e-3), {}, [IMAGE]),
    ("GroupNorm", (3, 6), {"affine": False}, [IMAGE]),
    ("GroupNorm", (2, 4), {}, [VOLUME]),
    ("InstanceNorm1d", (6,), {}, [SEQUENCE]),
    ("InstanceNorm1d", (3,), {}, [SEQUENCE[:, 0]]),
    ("InstanceNorm1d", (6, 1e-3, 0.3), KEPT, [SEQUENCE]),
    ("InstanceNorm2d", (6,), {"affine": True, "bias": False}, [IMAGE]),
    ("InstanceNorm2d", (6,), KEPT, [IMAGE[0]]),
    ("InstanceNorm2d", (6,), {"track_running_stats": True, "momentum": None}, [IMAGE]),
    ("InstanceNorm3d", (4,), KEPT, [VOLUME]),
    ("InstanceNorm3d", (4,), {}, [VOLUME[0]]),
    ("BatchNorm3d", (4,), {"bias": False}, [VOLUME]),
    ("RMSNorm", (6,), {}, [MATRIX]),
    ("RMSNorm", ([5, 4], 1e-2), {}, [IMAGE]),
    ("RMSNorm", (5,), {"elementwise_affine": False}, [SEQUENCE]),
    ("LocalResponseNorm", (2,), {}, [SEQUENCE]),
    ("LocalResponseNorm", (3, 0.5, 0.6, 2.0), {}, [IMAGE]),
    ("LocalResponseNorm", (9, 0.5), {}, [VOLUME]),
    ("Dropout1d", (0.0,), {}, [SEQUENCE]),
    ("Dropout1d", (1.0,), {}, [MATRIX]),
    ("Dropout2d", (1.0,), {}, [IMAGE]),
    ("Dropout3d", (1.0,), {}, [VOLUME]),
    ("AlphaDropout", (1.0,), {}, [MATRIX]),
    ("AlphaDropout", (0.0,), {}, [MATRIX]),
    ("FeatureAlphaDropout", (1.0,), {}, [SEQUENCE]),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "args", "options", "inputs"), LAYERS, ids=[f"{each[0]}-{each[1]}" for each in LAYERS])
def test_a_normalisation_layer_equals_its_twin(
    name: str, args: tuple[Any, ...], options: dict[str, Any], inputs: list[np.ndarray], dtype: str
) -> None:
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    assert repr(ours) == repr(theirs)
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, 1.0, 0.3)
    compare(torch, ours, theirs, inputs, dtype)
    ours.zero_grad()
    theirs.zero_grad()
    compare(torch, ours.eval(), theirs.eval(), [each + 0.25 for each in inputs], dtype)


REFUSED = [
    ("GroupNorm", (4, 6), None),
    ("GroupNorm", (2, 6), (2, 5, 3)),
    ("GroupNorm", (2, 6), (6,)),
    ("GroupNorm", (6, 6), (1, 6)),
    ("InstanceNorm1d", (6,), (2, 6, 5, 4)),
    ("InstanceNorm1d", (6,), (2, 6, 1)),
    ("InstanceNorm2d", (6, 1e-5, 0.1, True), (2, 5, 3, 3)),
    ("RMSNorm", (6,), (2, 5)),
    ("LocalResponseNorm", (2,), (4, 5)),
    ("Dropout1d", (0.5,), (2, 3, 4, 5)),
    ("Dropout2d", (1.5,), None),
    ("FeatureAlphaDropout", (0.5,), (3,)),
]


@pytest.mark.parametrize(("name", "args", "shape"), REFUSED, ids=[f"{each[0]}-{each[2]}" for each in REFUSED])
def test_what_does_not_fit_is_refused_as_in_torch(name: str, args: tuple[Any, ...], shape: Any) -> None:
    def refusal(library: Any, layers: Any) -> type[Exception]:
        with pytest.raises((RuntimeError, ValueError)) as caught:
            getattr(layers, name)(*args)(library.ones(shape))
        return caught.type

    assert refusal(engine, nn) is refusal(torch, torch.nn)
