"""Gradients of first and second order through complex numbers, of functions of real ones, against numeric ones."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine.testing.function_checks import check_function

RNG = np.random.default_rng(29)
Function = Callable[..., Any]


def seen(z: Any) -> Any:
    """A real number that both parts of each complex one go into."""
    return z.real * z.real + (2 * z.imag).sin() * z.real


def square(x: Any, y: Any) -> Any:
    z = engine.complex(x, y)
    return z * z


# Under the name of the op that each is about.
THROUGH: dict[str, tuple[Function, tuple[tuple[int, ...], ...]]] = {
    "complex": (lambda x, y: seen(engine.complex(x, y)), ((2, 1), (3,))),
    "real_part": (lambda x, y: (square(x, y) * engine.complex(x, y)).real, ((2, 3), (2, 3))),
    "imaginary_part": (lambda x, y: (square(x, y) * engine.complex(x, y)).imag, ((2, 3), (2, 3))),
    "conjugate": (lambda x, y: seen(square(x, y).conj_physical() * engine.complex(y, x)), ((2, 3), (2, 3))),
    "view_as_complex": (lambda x: seen(engine.view_as_complex(x)), ((3, 2),)),
    "view_as_real": (lambda x, y: engine.view_as_real(square(x, y)) ** 2, ((3,), (3,))),
    "fourier": (lambda x, y: seen(engine.fft.fft2(engine.complex(x, y), norm="ortho")), ((3, 4), (3, 4))),
    "real_fourier": (lambda x: seen(engine.fft.rfftn(x)), ((2, 3, 4),)),
    "inverse_real_fourier": (lambda x, y: engine.fft.irfft(square(x, y), 5) ** 2, ((2, 3), (2, 3))),
    "eig": (lambda x: engine.linalg.eig(x).eigenvectors.abs().square().sum(-1), ((3, 3),)),
    "eigvals": (lambda x: engine.linalg.eigvals(x).abs().square().sum(-1), ((2, 3, 3),)),
}


@pytest.mark.parametrize("name", THROUGH)
def test_both_orders_through_complex_numbers(name: str) -> None:
    function, shapes = THROUGH[name]
    check_function(function, [RNG.normal(size=shape) for shape in shapes], RNG)
