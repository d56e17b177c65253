"""Which neighbours a resampled place is made of and what each weighs, in NumPy on the host."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

# Catmull-Rom's slope smooths less than PyTorch's own, which it keeps where nothing is left out.
SHARP, SMOOTH = -0.75, -0.5
LANCZOS_REACH = 3


def step_between(source: int, target: int, align_corners: bool, scale: float | None) -> float:
    """How many elements lie between two neighbouring places."""
    if align_corners:
        return (source - 1) / (target - 1) if target > 1 else 0.0
    return 1 / scale if scale else source / target


@functools.lru_cache(maxsize=256)
def neighbours(source: int, target: int, kernel: str, align_corners: bool, scale: float | None) -> tuple[Any, Any]:
    """Positions of shape [neighbours, target], which never fall along a row, and their weights; None if all are 1."""
    if kernel.startswith("nearest"):
        return _nearest(source, target, kernel == "nearest-exact", scale)[None], None
    step = step_between(source, target, align_corners, scale)
    if kernel.startswith("smooth "):
        return _smooth(source, target, kernel.removeprefix("smooth "), step)
    places = np.arange(target) * step if align_corners else (np.arange(target) + 0.5) * step - 0.5
    if kernel == "linear":
        return _linear(source, target, places)
    return _cubic(source, places)


def _nearest(source: int, target: int, centred: bool, scale: float | None) -> Any:
    # PyTorch computes these places in float32 whatever the input's type is.
    step = np.float32(step_between(source, target, False, scale))
    places = (np.arange(target, dtype=np.float32) + np.float32(0.5 if centred else 0)) * step
    return np.minimum(np.floor(places).astype(np.int64), source - 1)


def _linear(source: int, target: int, places: Any) -> tuple[Any, Any]:
    if source == target:
        places = np.arange(target, dtype=np.float64)
    places = places.clip(0)
    low = np.minimum(np.floor(places).astype(np.int64), source - 1)
    share = (places - low).clip(0, 1)
    return np.stack([low, np.minimum(low + 1, source - 1)]), np.stack([1 - share, share])


def _cubic(source: int, places: Any) -> tuple[Any, Any]:
    low = np.floor(places).astype(np.int64)
    indices = low + np.arange(-1, 3)[:, None]
    weights = cubic(places - indices, SHARP)
    return indices.clip(0, source - 1), weights


def _smooth(source: int, target: int, kernel: str, step: float) -> tuple[Any, Any]:
    """A kernel as wide as the distance of the places, its weights made to sum to 1."""
    reach, formula = {"linear": (1, triangle), "cubic": (2, _smooth_cubic), "lanczos": (LANCZOS_REACH, lanczos)}[kernel]
    width = max(step, 1.0)
    centres = (np.arange(target) + 0.5) * step
    first = np.maximum((centres - reach * width + 0.5).astype(np.int64), 0)
    end = np.minimum((centres + reach * width + 0.5).astype(np.int64), source)
    indices = first + np.arange(max(1, (end - first).max(initial=0)))[:, None]
    weights = np.where(indices < end, formula((indices - centres + 0.5) / width), 0)
    return indices.clip(0, source - 1), weights / weights.sum(axis=0)


def triangle(distance: Any) -> Any:
    """1 - |x| up to 1."""
    return (1 - np.abs(distance)).clip(0)


def cubic(distance: Any, slope: float) -> Any:
    """The cubic convolution kernel (Keys 1981): its slope at 1 is the one free parameter."""
    x = np.abs(distance)
    near = ((slope + 2) * x - (slope + 3)) * x * x + 1
    far = ((slope * x - 5 * slope) * x + 8 * slope) * x - 4 * slope
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _smooth_cubic(distance: Any) -> Any:
    return cubic(distance, SMOOTH)


def lanczos(distance: Any) -> Any:
    """sinc(x) sinc(x / 3) up to 3 (Lanczos 1956)."""
    return np.where(np.abs(distance) < LANCZOS_REACH, np.sinc(distance) * np.sinc(distance / LANCZOS_REACH), 0)
