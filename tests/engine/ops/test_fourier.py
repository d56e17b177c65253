"""Transforms and their gradients: against NumPy, against the sum that defines them, and against each other."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine

NORMS = (None, "ortho", "forward")


def slowly(x: Any) -> tuple[Any, Any]:
    """Real and imaginary part of the transform along the last dimension, by its definition."""
    length = x.shape[-1]
    angles = engine.arange(length, dtype=engine.float64).outer(engine.arange(length, dtype=engine.float64))
    angles = angles * (-2 * engine.pi / length)
    return x @ angles.cos(), x @ angles.sin()


def gradients(value: Any, *inputs: Any) -> list[np.ndarray]:
    weights = engine.tensor(np.cos(np.arange(value.numel()) + 1.0).reshape(value.shape))
    first = engine.autograd.grad(value, inputs, weights, retain_graph=True, create_graph=True)
    second = engine.autograd.grad(
        sum((each.sin() * each).sum() for each in first), inputs, retain_graph=True, allow_unused=True
    )
    return [each.detach().numpy() for each in (*first, *second) if each is not None]


@pytest.mark.parametrize("length", [4, 5])
def test_gradients_are_those_of_the_sum_that_defines_the_transform(length: int) -> None:
    x = engine.tensor(np.random.default_rng(0).normal(size=(3, length)), requires_grad=True)
    real, imaginary = slowly(x)
    through = engine.fft.fft(x)
    half = engine.fft.rfft(x)
    power = real**2 + 2 * imaginary**2 + real * imaginary
    for mine, right in (
        (through.real**2 + 2 * through.imag**2 + through.real * through.imag, power),
        (half.real**2 + 2 * half.imag**2 + half.real * half.imag, power[:, : length // 2 + 1]),
    ):
        np.testing.assert_allclose(mine.detach().numpy(), right.detach().numpy(), rtol=1e-9, atol=1e-9)
        for found, expected in zip(gradients(mine, x), gradients(right, x), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("length", [6, 7])
def test_what_is_transformed_back_is_the_input_and_so_is_its_gradient(length: int, norm: str | None) -> None:
    x = engine.tensor(np.random.default_rng(1).normal(size=(2, 3, length)), requires_grad=True)
    for back in (
        engine.fft.irfft(engine.fft.rfft(x, norm=norm), length, norm=norm),
        engine.fft.irfftn(engine.fft.rfftn(x, norm=norm), x.shape, norm=norm),
        engine.fft.ifft2(engine.fft.fft2(x, norm=norm), norm=norm).real,
        engine.fft.hfft(engine.fft.ihfft(x, norm=norm), length, norm=norm),
    ):
        np.testing.assert_allclose(back.detach().numpy(), x.detach().numpy(), atol=1e-12)
        (gradient,) = engine.autograd.grad((back * back).sum(), x)
        np.testing.assert_allclose(gradient.numpy(), 2 * x.detach().numpy(), atol=1e-12)


NAMES = ("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn", "rfft", "rfft2", "rfftn", "irfft", "irfft2", "irfftn", "hfft")


@pytest.mark.parametrize("name", NAMES)
def test_numpy_gives_the_same(name: str) -> None:
    x = np.random.default_rng(2).normal(size=(3, 4, 6))
    for norm in NORMS:
        mine = getattr(engine.fft, name)(engine.tensor(x), norm=norm)
        np.testing.assert_allclose(mine.numpy(), getattr(np.fft, name)(x, norm=norm), atol=1e-12)


def test_float32_stays_single_and_whole_numbers_become_the_default_type() -> None:
    assert engine.fft.rfft(engine.ones(4)).dtype is engine.complex64
    assert engine.fft.irfft(engine.ones(4)).dtype is engine.float32
    assert engine.fft.fft(engine.arange(4)).dtype is engine.complex64
    with pytest.raises(RuntimeError, match=r"float16.*float\(\)"):
        engine.fft.fft(engine.ones(4).half())


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: engine.fft.fft(engine.ones(4), norm="odd"), RuntimeError, "odd"),
    (lambda: engine.fft.fft(engine.ones(4), n=0), RuntimeError, r"\(0\)"),
    (lambda: engine.fft.fft(engine.tensor(1.0)), IndexError, "no dimensions"),
    (lambda: engine.fft.fftn(engine.ones(2, 3), dim=(0, 0)), RuntimeError, "unique"),
    (lambda: engine.fft.fftn(engine.ones(2, 3), s=(1, 2, 3)), RuntimeError, "3 values.*2 dim"),
    (lambda: engine.fft.rfft(engine.ones(3, dtype=engine.complex64)), RuntimeError, "complex64"),
]


@pytest.mark.parametrize(("call", "kind", "text"), REFUSED, ids=[text for _, _, text in REFUSED])
def test_refusals_name_what_was_given(call: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        call()


def test_frequencies() -> None:
    np.testing.assert_allclose(engine.fft.fftfreq(5, 0.5).numpy(), np.fft.fftfreq(5, 0.5))
    np.testing.assert_allclose(engine.fft.rfftfreq(6).numpy(), np.fft.rfftfreq(6))
    x = engine.arange(15).reshape(3, 5)
    np.testing.assert_array_equal(engine.fft.fftshift(x).numpy(), np.fft.fftshift(x.numpy()))
    np.testing.assert_array_equal(engine.fft.ifftshift(x, 1).numpy(), np.fft.ifftshift(x.numpy(), 1))
