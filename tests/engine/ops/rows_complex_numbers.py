"""Rows of complex numbers; their gradients are checked through real functions in test_complex_numbers.py."""

from typing import Any

import numpy as np

from engine.ops.elementwise import complex_numbers
from engine.testing.row import Sample, row, sample

SHAPES: tuple[tuple[int, ...], ...] = ((), (3,), (2, 0), (2, 3))


def complexes(rng: np.random.Generator) -> list[Sample]:
    return [sample(np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape))) for shape in SHAPES]


def pairs(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=(*shape, 2))) for shape in SHAPES if 0 not in shape]


def parts(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(2, 1)), rng.normal(size=(3,))),
        sample(np.asarray(rng.normal()), np.asarray(rng.normal())),
    ]


def joined(x: Any) -> Any:
    return x[..., 0] + 1j * x[..., 1]


row(complex_numbers.real_part, np.real, complexes, torch="real", gradient=False)
row(complex_numbers.imaginary_part, np.imag, complexes, torch="imag", gradient=False)
row(complex_numbers.conjugate, np.conj, complexes, torch="conj_physical", gradient=False)
row(
    complex_numbers.view_as_real,
    lambda z: np.stack([z.real, z.imag], -1),
    complexes,
    torch="view_as_real",
    gradient=False,
)
row(complex_numbers.view_as_complex, joined, pairs, torch="view_as_complex", gradient=False)
row(complex_numbers.complex, lambda x, y: x + 1j * y, parts, torch="complex", gradient=False)
