"""Pooling and its undoing, padding, folding, resampling and shuffling."""

from typing import Any

import numpy as np

from tests.engine.nn.catalogue.entry import Entry

RNG = np.random.default_rng(9)
LENGTHS = {1: (9,), 2: (8, 7), 3: (6, 5, 7)}
BATCHES = {rank: RNG.normal(size=(2, 4, *lengths)) for rank, lengths in LENGTHS.items()}
IMAGES, BLOCKS = BATCHES[2], RNG.normal(size=(2, 12, 20))

WINDOWS: list[tuple[str, tuple[int, ...], tuple[Any, ...], dict[str, Any]]] = [
    ("MaxPool", (1, 2, 3), (2,), {"ceil_mode": True}),
    ("MaxPool", (1, 2, 3), (3, 2, 1), {}),
    ("MaxPool", (1, 2, 3), (2, 1), {"dilation": 2, "return_indices": True}),
    ("AvgPool", (1, 2, 3), (2,), {}),
    ("AvgPool", (1, 2, 3), (3,), {"stride": 2, "padding": 1, "ceil_mode": True}),
    ("AvgPool", (1, 2, 3), (3, 2, 1), {"count_include_pad": False}),
    ("AvgPool", (2, 3), (2,), {"divisor_override": 3}),
    ("LPPool", (1, 2, 3), (2, 3), {}),
    ("LPPool", (1, 2, 3), (4, 2), {"stride": 1, "ceil_mode": True}),
    ("LPPool", (1, 2, 3), (float("inf"), 2), {}),
    ("AdaptiveAvgPool", (1, 2, 3), (1,), {}),
    ("AdaptiveAvgPool", (1, 2, 3), (4,), {}),
    ("AdaptiveMaxPool", (1, 2, 3), (4,), {}),
    ("AdaptiveMaxPool", (1, 2, 3), (2, True), {}),
    ("ReflectionPad", (1, 2, 3), (2,), {}),
    ("ReplicationPad", (1, 2, 3), (3,), {}),
    ("CircularPad", (1, 2, 3), (2,), {}),
    ("ZeroPad", (1, 2, 3), (1,), {}),
    ("ConstantPad", (1, 2, 3), (2, -1.5), {}),
]

OTHERS: list[tuple[str, tuple[Any, ...], dict[str, Any], np.ndarray]] = [
    ("MaxPool2d", ((3, 2),), {"ceil_mode": True}, IMAGES),
    ("MaxPool2d", (2,), {"stride": 1, "padding": 1}, IMAGES),
    ("AdaptiveAvgPool2d", ((None, 3),), {}, IMAGES),
    ("AdaptiveMaxPool2d", ((3, None),), {}, IMAGES),
    ("ReflectionPad2d", ((1, 0, 2, 3),), {}, IMAGES),
    ("ZeroPad2d", ((1, -1, 2, 0),), {}, IMAGES),
    ("Unfold", (3,), {"dilation": 2, "padding": 1, "stride": (1, 2)}, IMAGES),
    ("Unfold", ((2, 3),), {}, IMAGES[0]),
    ("Fold", ((5, 6), 2), {}, BLOCKS),
    ("Fold", ((7, 5), (2, 3)), {"dilation": (2, 1), "padding": (0, 1), "stride": (1, 2)}, BLOCKS[:, :, :15]),
    ("Fold", ((5, 6), 2), {}, BLOCKS[0]),
    ("Upsample", (), {"scale_factor": 2}, IMAGES),
    ("Upsample", (), {"scale_factor": 1.7}, BATCHES[1]),
    ("Upsample", (4,), {"mode": "nearest-exact"}, BATCHES[3]),
    ("Upsample", (13,), {"mode": "linear"}, BATCHES[1]),
    ("Upsample", ((11, 5),), {"mode": "bilinear"}, IMAGES),
    ("Upsample", (), {"scale_factor": 1.5, "mode": "trilinear", "align_corners": True}, BATCHES[3]),
    ("Upsample", (), {"scale_factor": (1.7, 0.6), "mode": "bicubic", "align_corners": True}, IMAGES),
    ("Upsample", (), {"scale_factor": 1.7, "mode": "bilinear", "recompute_scale_factor": True}, IMAGES),
    ("UpsamplingNearest2d", (5,), {}, IMAGES),
    ("UpsamplingNearest2d", (), {"scale_factor": 3}, IMAGES),
    ("UpsamplingBilinear2d", (), {"scale_factor": 2}, IMAGES),
    ("PixelShuffle", (2,), {}, IMAGES),
    ("PixelShuffle", (2,), {}, IMAGES[0]),
    ("PixelUnshuffle", (2,), {}, RNG.normal(size=(2, 3, 6, 4))),
    ("ChannelShuffle", (2,), {}, IMAGES),
    ("ChannelShuffle", (4,), {}, BATCHES[1]),
]


FRACTIONS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((2,), {"output_ratio": 0.6}),
    ((2,), {"output_size": 3, "return_indices": True}),
]


def fractions(library: Any, module: Any, images: Any) -> Any:
    """Fractional pooling between bounds that both libraries are given."""
    rank = 3 if "3d" in type(module).__name__ else 2
    batch = images.shape[0] if images.ndim == rank + 2 else 1
    drawn = np.random.default_rng(1).uniform(size=(batch, 4, rank))
    module._random_samples = library.tensor(drawn).to(images.dtype)
    return module(images)


def undone(rank: int, *window: int) -> Any:
    """Pooled values put back to where they were."""

    def call(library: Any, module: Any, images: Any) -> Any:
        pool = getattr(library.nn.functional, f"max_pool{rank}d")
        pooled, places = pool(images, *window, return_indices=True)
        return module(pooled, places, output_size=images.shape[-rank:])

    return call


ENTRIES = [
    *(
        Entry(f"{name}{rank}d", args, options, (images,))
        for name, ranks, args, options in WINDOWS
        for rank in ranks
        for images in (BATCHES[rank], BATCHES[rank][0])
    ),
    *(Entry(name, args, options, (array,)) for name, args, options, array in OTHERS),
    *(
        Entry(f"FractionalMaxPool{rank}d", args, options, (images,), fractions)
        for rank in (2, 3)
        for args, options in FRACTIONS
        for images in (BATCHES[rank], BATCHES[rank][0])
    ),
    *(Entry(f"MaxUnpool{rank}d", (3, 2, 1), {}, (BATCHES[rank],), undone(rank, 3, 2, 1)) for rank in LENGTHS),
    *(Entry(f"MaxUnpool{rank}d", (2,), {}, (BATCHES[rank][0],), undone(rank, 2)) for rank in LENGTHS),
]
