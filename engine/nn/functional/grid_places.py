"""From places between -1 and 1 to the pixels around them along one dimension, and what each weighs.

A tap is a pair: positions (int64; -1 and the length stand for outside) and weights, None where all are 1.
"""

from __future__ import annotations

from typing import Any

from engine.backend.dtype import int64
from engine.ops.elementwise.selection import where

Tap = tuple[Any, Any]

# The slope at 1 of PyTorch's cubic convolution kernel.
SLOPE = -0.75


def linear_taps(place: Any, length: int, padding_mode: str, align_corners: bool) -> list[Tap]:
    """The two pixels beside each place."""
    place = _kept_inside(_in_pixels(place, length, align_corners), length, padding_mode, align_corners)
    low = place.detach().floor()
    share = place - low
    return [(_position(low, length, padding_mode), 1 - share), (_position(low + 1, length, padding_mode), share)]


def nearest_taps(place: Any, length: int, padding_mode: str, align_corners: bool) -> list[Tap]:
    """The one pixel nearest to each place, of two as near the even one; it does not change with the place."""
    nearest = _kept_inside(_in_pixels(place, length, align_corners), length, padding_mode, align_corners).round()
    # Ones that depend on the places: PyTorch gives these a gradient, of zeros.
    weight = nearest.clamp(1, 1) if place.requires_grad else None
    return [(_position(nearest, length, padding_mode), weight)]


def cubic_taps(place: Any, length: int, padding_mode: str, align_corners: bool) -> list[Tap]:
    """The four pixels around each place, weighed by cubic convolution (Keys 1981)."""
    place = _in_pixels(place, length, align_corners)
    low = place.detach().floor()
    share = place - low
    taps = []
    for offset in range(-1, 3):
        pixel = _kept_inside(low + offset, length, padding_mode, align_corners)
        distance = share + 1 if offset == -1 else share if offset == 0 else offset - share
        taps.append((_position(pixel, length, padding_mode), _cubic(distance, near=offset in (0, 1))))
    return taps


def _cubic(distance: Any, near: bool) -> Any:
    """The kernel at distances in [0, 1] if `near`, else in [1, 2]."""
    if near:
        return ((SLOPE + 2) * distance - (SLOPE + 3)) * distance * distance + 1
    return ((SLOPE * distance - 5 * SLOPE) * distance + 8 * SLOPE) * distance - 4 * SLOPE


def _in_pixels(place: Any, length: int, align_corners: bool) -> Any:
    return (place + 1) / 2 * (length - 1) if align_corners else ((place + 1) * length - 1) / 2


def _position(pixel: Any, length: int, padding_mode: str) -> Any:
    outside = 1 if padding_mode == "zeros" else 0
    return pixel.to(int64).clamp(-outside, length - 1 + outside)


def _kept_inside(pixel: Any, length: int, padding_mode: str, align_corners: bool) -> Any:
    if padding_mode == "reflection":
        pixel = _reflected(pixel, length, align_corners)
    return pixel if padding_mode == "zeros" else _clipped(pixel, length)


def _clipped(pixel: Any, length: int) -> Any:
    """Between the first and the last pixel; what lies on them or beyond does not change the result."""
    fixed = pixel.detach().clamp(0, length - 1)
    return where((pixel > 0) & (pixel < length - 1), pixel, fixed)


def _reflected(pixel: Any, length: int, align_corners: bool) -> Any:
    """Thrown back at the centres of the first and last pixels, or at their outer edges."""
    low, span = (0.0, length - 1) if align_corners else (-0.5, length)
    if not span:
        return pixel.detach() * 0
    away = pixel - low
    away = where(away < 0, -away, away)
    turns = (away.detach() / span).floor()
    extra = away - turns * span
    return where(turns % 2 == 0, extra, span - extra) + low
