"""Differences between neighbours and spectra over time, beside NumPy and SciPy."""

from typing import Any

import numpy as np
import pytest
import scipy.signal

import engine

numpy_gradient: Any = np.gradient
RNG = np.random.default_rng(3)


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient_is_that_of_numpy(edge_order: int) -> None:
    values, times = RNG.normal(size=(5, 6)), np.cumsum(RNG.uniform(0.1, 1, 6))
    tensor = engine.from_numpy(values)
    rows, columns = engine.gradient(tensor, spacing=(0.5, engine.from_numpy(times)), edge_order=edge_order)
    expected = numpy_gradient(values, 0.5, times, edge_order=edge_order)
    np.testing.assert_allclose(rows, expected[0], atol=1e-12)
    np.testing.assert_allclose(columns, expected[1], atol=1e-12)
    (alone,) = engine.gradient(tensor, spacing=2, dim=1, edge_order=edge_order)
    np.testing.assert_allclose(alone, numpy_gradient(values, 2, axis=1, edge_order=edge_order), atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"edge_order": 3}, "edge_order=1 and edge_order=2, got 3"),
        ({"dim": (0, 0)}, "multiple times"),
        ({"spacing": (1.0, 1.0, 1.0)}, "length 2"),
        ({"spacing": (engine.ones(3), 1.0)}, r"\[2, 4\].*\[3\]"),
        ({"edge_order": 2}, r"\[2, 4\].*edge_order 2"),
    ],
)
def test_gradient_refuses(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        engine.gradient(engine.ones(2, 4), **arguments)


@pytest.mark.parametrize("center", [True, False])
def test_spectra_are_those_of_scipy(center: bool) -> None:
    signal, window = RNG.normal(size=(2, 40)), np.hanning(10)[1:-1] + 0.1
    spectra = engine.from_numpy(signal).stft(
        8, 2, window=engine.from_numpy(window), center=center, pad_mode="constant", return_complex=True
    )
    _, _, expected = scipy.signal.stft(
        signal,
        window=window,
        nperseg=8,
        noverlap=6,
        boundary="zeros" if center else None,
        padded=False,
        scaling="spectrum",
    )
    np.testing.assert_allclose(spectra, expected * window.sum(), atol=1e-12)


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("onesided", [True, False])
def test_signal_comes_back(normalized: bool, onesided: bool) -> None:
    signal = engine.from_numpy(RNG.normal(size=(2, 40)))
    options: dict[str, Any] = {"hop_length": 3, "window": engine.hann_window(8, dtype=engine.float64) + 0.1}
    spectra = engine.stft(signal, 8, normalized=normalized, onesided=onesided, return_complex=True, **options)
    assert spectra.shape == (2, 5 if onesided else 8, 14)
    back = engine.istft(spectra, 8, normalized=normalized, onesided=onesided, length=38, **options)
    np.testing.assert_allclose(back, signal[:, :38], atol=1e-12)


def test_spectra_refuse() -> None:
    signal = engine.ones(30)
    with pytest.raises(RuntimeError, match="return_complex"):
        engine.stft(signal, 8)
    with pytest.raises(RuntimeError, match=r"win_length=9 and n_fft=8"):
        engine.stft(signal, 8, win_length=9, return_complex=True)
    with pytest.raises(RuntimeError, match=r"size \[7\]"):
        engine.stft(signal, 8, window=engine.ones(7), return_complex=True)
    spectra = engine.stft(signal, 8, return_complex=True)
    with pytest.raises(RuntimeError, match="complex input"):
        engine.istft(spectra.real, 8)
    with pytest.raises(RuntimeError, match="windows add up"):
        engine.istft(spectra, 8, window=engine.zeros(8))
