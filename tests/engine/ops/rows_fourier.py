"""Rows of Fourier transforms; gradients of the complex one are checked through real functions in test_fourier.py."""

import numpy as np

from engine.ops.signals import fourier
from engine.testing.row import Sample, row, sample


def complexes(rng: np.random.Generator) -> list[Sample]:
    def drawn(*shape: int) -> np.ndarray:
        return np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape))

    return [
        sample(drawn(5), (0,), "backward", False),
        sample(drawn(2, 3, 4), (0, 2), "ortho", True),
        sample(drawn(3, 4), (1,), "forward", False),
    ]


def reals(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(rng.normal(size=(5,)), (0,), "backward"),
        sample(rng.normal(size=(2, 3, 4)), (0, 2), "ortho"),
        sample(rng.normal(size=(3, 4)), (1,), "forward"),
    ]


def halves(rng: np.random.Generator) -> list[Sample]:
    def drawn(*shape: int) -> np.ndarray:
        return np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape))

    return [
        sample(drawn(3), 5, (0,), "backward"),
        sample(drawn(2, 3, 3), 4, (0, 2), "ortho"),
        sample(drawn(3, 4), 6, (1,), "forward"),
    ]


row(
    fourier.fourier,
    lambda z, dims, norm, inverse: (np.fft.ifftn if inverse else np.fft.fftn)(z, axes=dims, norm=norm),
    complexes,
    gradient=False,
)
row(fourier.real_fourier, lambda x, dims, norm: np.fft.rfftn(x, axes=dims, norm=norm), reals, gradient=False)
row(
    fourier.inverse_real_fourier,
    lambda z, length, dims, norm: np.fft.irfftn(
        z, s=[*(z.shape[dim] for dim in dims[:-1]), length], axes=dims, norm=norm
    ),
    halves,
    gradient=False,
)
