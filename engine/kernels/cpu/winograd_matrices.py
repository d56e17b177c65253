"""The matrices of Winograd's minimal filtering: six products where four results of three taps, or three of four, lie.

Results are A [(G weights) · (B elements)], in each of two dimensions. Lavin and Gray, "Fast Algorithms for
Convolutional Neural Networks" (2016). The polynomials that stand behind it are evaluated at 0, ±5/8, ±3/2 and infinity,
where float32 loses least: at ±1 and ±2, the usual ones, the largest error is three times as large.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import prod

Matrix = tuple[tuple[float, ...], ...]

# A point and its negative stand side by side.
POINTS = tuple(map(Fraction, ("0", "5/8", "-5/8", "3/2", "-3/2")))
# Elements that are seen together along one dimension, and products.
SEEN = len(POINTS) + 1


def of_results(count: int) -> Matrix:
    """A, [count, 6]: powers of the points, and the last element."""
    return _floats([*(point**power for point in POINTS), Fraction(power == count - 1)] for power in range(count))


def of_weights(count: int) -> Matrix:
    """G, [6, count]: powers of the points, divided by their differences to all others."""
    scales = [prod(point - other for other in POINTS if other != point) for point in POINTS]
    rows = [[point**power / scale for power in range(count)] for point, scale in zip(POINTS, scales, strict=True)]
    return _floats([*rows, [Fraction(power == count - 1) for power in range(count)]])


def of_elements() -> Matrix:
    """B, [6, 6]: the coefficients of the polynomials that vanish at all points but one, and at all."""
    rows = [[*_vanishing(other for other in POINTS if other != point), Fraction(0)] for point in POINTS]
    return _floats([*rows, _vanishing(POINTS)])


def _vanishing(roots: Iterable[Fraction]) -> list[Fraction]:
    """The coefficients of the product of x - root, from the constant one on."""
    coefficients = [Fraction(1)]
    for root in roots:
        shifted, scaled = [Fraction(0), *coefficients], [*(root * each for each in coefficients), Fraction(0)]
        coefficients = [first - second for first, second in zip(shifted, scaled, strict=True)]
    return coefficients


def _floats(rows: Iterable[Iterable[Fraction]]) -> Matrix:
    return tuple(tuple(map(float, row)) for row in rows)
