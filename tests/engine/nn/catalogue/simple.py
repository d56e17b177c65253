"""Activations, softmaxes, distances, linear and reshaping layers."""

from typing import Any

import numpy as np

from tests.engine.nn.catalogue.entry import Entry

RNG = np.random.default_rng(5)
VECTOR, MATRIX = RNG.normal(size=6) * 3, RNG.normal(size=(4, 6)) * 3
SEQUENCE, IMAGE = RNG.normal(size=(3, 6, 5)), RNG.normal(size=(2, 6, 5, 4))
SCALAR, NOTHING = np.array(0.7), np.zeros((0, 6))
TURNED = MATRIX[::-1].copy()

# PyTorch rounds their constants to float32 in float64 too.
ROUNDED_IN_TORCH = ("CELU", "Hardsigmoid")

ARGUMENTS: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "ReLU": [((), {})],
    "ReLU6": [((), {})],
    "LeakyReLU": [((), {}), ((0.2,), {})],
    "ELU": [((), {}), ((0.7,), {})],
    "CELU": [((), {}), ((0.7,), {})],
    "SELU": [((), {})],
    "Threshold": [((0.1, 20), {}), ((-1.0, -3.5), {})],
    "GELU": [((), {}), ((), {"approximate": "tanh"})],
    "SiLU": [((), {})],
    "Mish": [((), {})],
    "Hardswish": [((), {})],
    "Sigmoid": [((), {})],
    "LogSigmoid": [((), {})],
    "Tanh": [((), {})],
    "Hardtanh": [((), {}), ((-0.5, 2.0), {})],
    "Hardsigmoid": [((), {})],
    "Softsign": [((), {})],
    "Softplus": [((), {}), ((2.0, 5.0), {})],
    "Hardshrink": [((), {}), ((1.2,), {})],
    "Softshrink": [((), {}), ((0.3,), {})],
    "Tanhshrink": [((), {})],
    "Identity": [((54,), {"unused": 1})],
}

ELEMENTWISE = [
    Entry(name, args, options, (input,), limit=1e-7 if name in ROUNDED_IN_TORCH else 1e-9)
    for name, grid in ARGUMENTS.items()
    for args, options in grid
    for input in (MATRIX * 3, SEQUENCE, SCALAR, NOTHING)
]


def over_its_input(library: Any, module: Any, input: Any) -> Any:
    """The module on what may be written over, which it returns."""
    middle = input * 2
    output = module(middle)
    assert output is middle
    return output


IN_PLACE = [
    Entry(name, args, {"inplace": True}, (MATRIX,), over_its_input, limit=1e-7 if name in ROUNDED_IN_TORCH else 1e-9)
    for name, args in [
        *((name, ()) for name in ("ReLU", "ReLU6", "LeakyReLU", "ELU", "CELU", "SELU", "SiLU", "Mish")),
        *((name, ()) for name in ("Hardswish", "Hardtanh", "Hardsigmoid")),
        ("Threshold", (0.1, 2.0)),
        ("RReLU", (0.2, 0.2)),
    ]
]

OTHERS = [
    Entry("RReLU", (0.25, 0.25), {}, (MATRIX,)),
    Entry("RReLU", (), {}, (MATRIX,), modes=(False,)),
    Entry("PReLU", (), {}, (MATRIX,)),
    Entry("PReLU", (), {}, (SCALAR,)),
    Entry("PReLU", (6, 0.1), {}, (IMAGE,)),
    Entry("PReLU", (), {"num_parameters": 6}, (MATRIX,)),
    Entry("GLU", (), {}, (MATRIX,)),
    Entry("GLU", (1,), {}, (SEQUENCE,)),
    *(
        Entry(name, args, {}, (input,))
        for name in ("Softmax", "LogSoftmax", "Softmin")
        for args, input in [((0,), VECTOR), ((1,), MATRIX), ((-2,), IMAGE), ((0,), SCALAR)]
    ),
    Entry("Softmax2d", (), {}, (IMAGE,)),
    Entry("Softmax2d", (), {}, (IMAGE[0],)),
    Entry("Linear", (6, 3), {}, (MATRIX,)),
    Entry("Linear", (6, 3, False), {}, (MATRIX,)),
    Entry("Linear", (6, 3), {}, (VECTOR,)),
    Entry("Linear", (5, 2), {}, (SEQUENCE,)),
    Entry("Linear", (6, 3), {}, (NOTHING,)),
    Entry("Bilinear", (6, 5, 2), {}, (MATRIX, RNG.normal(size=(4, 5)))),
    Entry("Bilinear", (3, 4, 2, False), {}, (RNG.normal(size=(2, 5, 3)), RNG.normal(size=(2, 5, 4)))),
    Entry("Flatten", (), {}, (IMAGE,)),
    Entry("Flatten", (0, 2), {}, (IMAGE,)),
    Entry("Flatten", (), {"start_dim": -2}, (SEQUENCE,)),
    Entry("Unflatten", (1, (2, 3)), {}, (IMAGE,)),
    Entry("Unflatten", (-2, (3, -1)), {}, (SEQUENCE,)),
    Entry("CosineSimilarity", (), {}, (MATRIX, TURNED)),
    Entry("CosineSimilarity", (0, 1e-3), {}, (MATRIX, TURNED)),
    Entry("CosineSimilarity", (-1,), {}, (SEQUENCE, SEQUENCE[:1] + 1)),
    Entry("PairwiseDistance", (), {}, (MATRIX, TURNED)),
    Entry("PairwiseDistance", (1.0,), {"keepdim": True}, (MATRIX, TURNED)),
    Entry("PairwiseDistance", (3.0, 1e-3), {}, (VECTOR, VECTOR[::-1].copy())),
]

ENTRIES = [*ELEMENTWISE, *IN_PLACE, *OTHERS]
