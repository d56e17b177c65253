"""Convolutions cut into tiles give what one tile gives: some images, or some rows of one image, at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.ops.signals import column_tiles, depthwise
from engine.ops.signals.column_tiles import Geometry

CASES = {
    "plain": ((5, 4, 9, 7), (6, 4, 3, 3), Geometry((3, 3), (9, 7), (1, 1), (1, 1), (1, 1), 1)),
    "groups, strides and dilation": ((5, 4, 9, 8), (6, 2, 3, 2), Geometry((3, 2), (4, 6), (2, 1), (1, 0), (2, 2), 2)),
    "each channel alone": ((5, 4, 9, 7), (8, 1, 3, 3), Geometry((3, 3), (5, 4), (2, 2), (1, 1), (1, 1), 4)),
}


@pytest.mark.parametrize("tile", [1, 700, 3000, 1 << 30])
@pytest.mark.parametrize("name", CASES)
def test_any_tile_gives_the_same(name: str, tile: int, monkeypatch: pytest.MonkeyPatch) -> None:
    shape_of_input, shape_of_weight, shape = CASES[name]
    rng = np.random.default_rng(4)
    input, weight = rng.normal(size=shape_of_input), rng.normal(size=shape_of_weight)
    gradient, bias = rng.normal(size=(5, len(weight), *shape.counts)), rng.normal(size=len(weight))

    def results(room: Any) -> list[np.ndarray]:
        return [
            room.convolve(input, weight, bias, shape),
            room.convolve_back(gradient, weight, shape_of_input[2:], shape),
            room.convolve_weights(input, gradient, shape),
        ]

    expected = results(column_tiles)
    rooms = [column_tiles, depthwise] if shape_of_weight[1] == 1 else [column_tiles]
    for room in rooms:
        monkeypatch.setattr(room, "TILE_BYTES", tile)
        for found, right in zip(results(room), expected, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)
