"""Smooth interpolation and affine grids beside PyTorch's, with gradients."""

from itertools import product
from typing import Any

import numpy as np
import pytest

import engine
from tests.engine.nn.torch_twins import compare

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(8)
LENGTHS = {1: (9,), 2: (8, 7), 3: (6, 5, 7)}
BATCHES = {rank: RNG.normal(size=(2, 4, *lengths)) for rank, lengths in LENGTHS.items()}


def test_smooth_interpolation_and_grids() -> None:
    image = BATCHES[2]
    for mode, align in product(("bilinear", "bicubic"), (False, True)):
        for size in ((3, 4), (11, 5), (8, 7)):
            options = {"size": size, "mode": mode, "align_corners": align, "antialias": True}
            ours, theirs = (
                lambda x, library=library, options=options: library.nn.functional.interpolate(x, **options)
                for library in (engine, torch)
            )
            compare(torch, ours, theirs, [image], "float64")
    compare(
        torch,
        lambda x: engine.nn.functional.interpolate(x, size=(3, 4), mode="lanczos", antialias=True),
        lambda x: torch.nn.functional.interpolate(x, size=(3, 4), mode="lanczos", antialias=True),
        [image],
        "float64",
    )


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("align_corners", [False, True])
def test_affine_grids(rank: int, align_corners: bool) -> None:
    def sampled(library: Any) -> Any:
        functional = library.nn.functional

        def call(images: Any, theta: Any) -> Any:
            grid = functional.affine_grid(theta, images.shape, align_corners=align_corners)
            return functional.grid_sample(images, grid, align_corners=align_corners)

        return call

    theta = RNG.normal(size=(2, rank, rank + 1))
    compare(torch, sampled(engine), sampled(torch), [BATCHES[rank], theta], "float64")
