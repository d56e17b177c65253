"""Convolutions, plain, transposed and lazy, over one to three dimensions."""

from itertools import product
from typing import Any

import numpy as np

from tests.engine.nn.catalogue.entry import Entry

RNG = np.random.default_rng(8)
LENGTHS = {1: (9,), 2: (8, 7), 3: (6, 5, 7)}
BATCHES = {rank: RNG.normal(size=(2, 4, *lengths)) for rank, lengths in LENGTHS.items()}

PLAIN: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((4, 6, 3), {}),
    ((4, 6, 1), {}),
    ((4, 6, 1), {"stride": 2, "bias": False}),
    ((4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}),
    ((4, 8, 3), {"padding": 2, "dilation": 2, "groups": 4}),
    ((4, 4, 2), {"groups": 4, "stride": 2, "bias": False}),
    ((4, 6, 3), {"padding": "same", "dilation": 2}),
    ((4, 6, 4), {"padding": "same"}),
    ((4, 6, 3), {"padding": "valid"}),
    *(((4, 6, 3), {"padding": 2, "padding_mode": mode}) for mode in ("reflect", "replicate", "circular")),
    ((4, 6, 4), {"padding": "same", "padding_mode": "circular"}),
    ((4, 6, 3), {"padding": "valid", "padding_mode": "reflect"}),
]

TRANSPOSED: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((4, 6, 3), {}),
    ((4, 6, 1), {"bias": False}),
    ((4, 6, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((4, 6, 3), {"stride": 3, "groups": 2, "dilation": 2}),
    ((4, 8, 2), {"groups": 4, "stride": 2}),
    ((4, 6, 2), {"dilation": 3, "output_padding": 2}),
]


def of_size(*size: int) -> Any:
    """A call that asks a transposed convolution for an output of that size."""
    return lambda library, module, images: module(images, output_size=size)


ENTRIES = [
    *(
        Entry(f"{kind}{rank}d", args, options, (images,))
        for kind, grid in (("Conv", PLAIN), ("ConvTranspose", TRANSPOSED))
        for rank, (args, options) in product(LENGTHS, grid)
        for images in (BATCHES[rank], BATCHES[rank][0])
    ),
    Entry("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)}, (BATCHES[2],)),
    Entry("Conv2d", (4, 6, 3), {"padding": (2, 1), "padding_mode": "reflect"}, (BATCHES[2],)),
    Entry("ConvTranspose1d", (4, 6, 3, 2, 1), {}, (BATCHES[1],), of_size(18), label="to a size"),
    Entry("ConvTranspose2d", (4, 6, 3, 2, 1), {}, (BATCHES[2],), of_size(15, 13), label="to a size"),
    Entry("ConvTranspose2d", (4, 6, 3, 2, 1), {}, (BATCHES[2],), of_size(2, 6, 16, 14), label="to a shape"),
]

LAZY = [
    Entry("LazyConv1d", (4, 3), {"padding": "same"}, (BATCHES[1],), first=True),
    Entry("LazyConv1d", (4, 3), {}, (BATCHES[1][0],), first=True),
    Entry("LazyConv2d", (4, 3, 2), {"groups": 2, "bias": False}, (BATCHES[2],), first=True),
    Entry("LazyConv3d", (2, 2), {"padding": 1, "padding_mode": "circular"}, (BATCHES[3],), first=True),
    Entry("LazyConvTranspose1d", (4, 3), {"stride": 2, "output_padding": 1}, (BATCHES[1],), first=True),
    Entry("LazyConvTranspose2d", (4, 3), {"groups": 2, "dilation": 2}, (BATCHES[2],), first=True),
    Entry("LazyConvTranspose3d", (2, 2), {"bias": False}, (BATCHES[3],), first=True),
]
ENTRIES += LAZY
