"""Normalisation, plain and lazy, and dropout where it leaves out nothing or everything."""

from typing import Any

import numpy as np

from tests.engine.nn.catalogue.entry import Entry
from tests.engine.nn.catalogue.simple import over_its_input

RNG = np.random.default_rng(11)
MATRIX = RNG.normal(size=(4, 6)) * 3 + 1
SEQUENCE = RNG.normal(size=(3, 6, 5)) * 2 - 1
IMAGE = RNG.normal(size=(2, 6, 5, 4))
VOLUME = RNG.normal(size=(2, 6, 3, 2, 5))
KEPT = {"affine": True, "track_running_stats": True}

OPTIONS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((6,), {}),
    ((6, 1e-3, 0.3), {"affine": False}),
    ((6,), {"track_running_stats": False}),
    ((6,), {"momentum": None}),
    ((6,), {"bias": False}),
]
INSTANCES: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((6,), {}),
    ((6, 1e-3, 0.3), KEPT),
    ((6,), {"affine": True, "bias": False}),
    ((6,), {"track_running_stats": True, "momentum": None}),
]

BATCHES = [
    Entry(f"BatchNorm{rank}d", args, options, (input,))
    for rank, input in ((1, MATRIX), (1, SEQUENCE), (2, IMAGE), (3, VOLUME))
    for args, options in OPTIONS
]

EXAMPLES = [
    Entry(f"InstanceNorm{rank}d", args, options, (input,))
    for rank, whole in ((1, SEQUENCE), (2, IMAGE), (3, VOLUME))
    for args, options in INSTANCES
    for input in (whole, whole[0])
]

OTHERS = [
    Entry("GroupNorm", (2, 6), {}, (MATRIX,)),
    Entry("GroupNorm", (6, 6), {"bias": False}, (SEQUENCE,)),
    Entry("GroupNorm", (1, 6, 1e-3), {}, (IMAGE,)),
    Entry("GroupNorm", (3, 6), {"affine": False}, (IMAGE,)),
    Entry("GroupNorm", (2, 6), {}, (VOLUME,)),
    Entry("LayerNorm", (4,), {}, (IMAGE,)),
    Entry("LayerNorm", ([5, 4],), {"bias": False}, (IMAGE,)),
    Entry("LayerNorm", ((6, 5), 1e-2), {"elementwise_affine": False}, (SEQUENCE,)),
    Entry("RMSNorm", (6,), {}, (MATRIX,)),
    Entry("RMSNorm", ([5, 4], 1e-2), {}, (IMAGE,)),
    Entry("RMSNorm", (5,), {"elementwise_affine": False}, (SEQUENCE,)),
    Entry("LocalResponseNorm", (2,), {}, (SEQUENCE,)),
    Entry("LocalResponseNorm", (3, 0.5, 0.6, 2.0), {}, (IMAGE,)),
    Entry("LocalResponseNorm", (9, 0.5), {}, (VOLUME,)),
]

LAZY = [
    Entry("LazyBatchNorm1d", (), {}, (MATRIX,), first=True),
    Entry("LazyBatchNorm1d", (1e-3, 0.3), {"affine": False}, (SEQUENCE,), first=True),
    Entry("LazyBatchNorm2d", (), {"track_running_stats": False}, (IMAGE,), first=True),
    Entry("LazyBatchNorm2d", (), {"bias": False}, (IMAGE,), first=True),
    Entry("LazyBatchNorm3d", (), {}, (VOLUME,), first=True),
    Entry("LazyInstanceNorm1d", (), {}, (SEQUENCE,), first=True),
    Entry("LazyInstanceNorm2d", (), {"affine": True}, (IMAGE,), first=True),
    Entry("LazyInstanceNorm3d", (), {"track_running_stats": False}, (VOLUME,), first=True),
    Entry("LazyLinear", (3,), {}, (MATRIX,), first=True),
    Entry("LazyLinear", (3, False), {}, (SEQUENCE,), first=True),
]

DROPPED = [
    ("Dropout", MATRIX),
    ("Dropout1d", SEQUENCE),
    ("Dropout1d", MATRIX),
    ("Dropout2d", IMAGE),
    ("Dropout3d", VOLUME),
    ("AlphaDropout", MATRIX),
    ("FeatureAlphaDropout", SEQUENCE),
]


def beside_its_input(library: Any, module: Any, input: Any) -> Any:
    """The module's output and its input, which is as it was."""
    middle = input * 2
    return module(middle), middle


DROPOUT = [
    *(Entry(name, (p,), {}, (input,)) for name, input in DROPPED for p in (0.0, 1.0)),
    *(Entry(name, (), {}, (input,), modes=(False,)) for name, input in DROPPED),
    *(Entry(name, (1.0, True), {}, (input,), over_its_input) for name, input in DROPPED if "Alpha" not in name),
    *(Entry(name, (1.0, True), {}, (input,), beside_its_input) for name, input in DROPPED if "Alpha" in name),
]

ENTRIES = [*BATCHES, *EXAMPLES, *OTHERS, *LAZY, *DROPOUT]
