"""Short-time Fourier transforms: the spectrum of each window of a signal, and the signal that has such spectra."""

from __future__ import annotations

import warnings
from typing import Any

from engine.ops.elementwise.complex_numbers import view_as_real
from engine.ops.indices.indexing import narrow
from engine.ops.layouts.padding import constant_pad_nd, pad
from engine.ops.layouts.windows import unfold, unfold_backward
from engine.ops.signals.fourier_transforms import fft, ifft, irfft, rfft

# Below this the sum of overlapping windows counts as zero: the signal can't be told there.
LOWEST = 1e-11


def stft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Any:
    """The spectra [B, frequencies, frames] of windows of n_fft samples that lie hop_length apart (torch.stft).

    The signal is [B, length] or [length], padded by half a window at both ends if `center`. A window shorter than
    n_fft lies in the middle; hop_length is a quarter of n_fft by default. `onesided` leaves out the half that mirrors
    the other. Without `return_complex` parts lie along a last dimension of 2. Raises RuntimeError for what doesn't fit.
    """
    if center and align_to_window is not None:
        raise RuntimeError("stft align_to_window should only be set when center = false")
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    is_complex = input.dtype.is_complex or (window is not None and window.dtype.is_complex)
    if return_complex is None:
        if not is_complex:
            raise RuntimeError("stft requires the return_complex parameter be given for real inputs, got None")
        return_complex = True
    if onesided and is_complex:
        raise RuntimeError(f"Cannot have onesided={onesided} output if window or input is complex")
    if not (input.dtype.is_floating_point or input.dtype.is_complex):
        raise RuntimeError(f"stft: expected a tensor of floating point or complex values, got {input.dtype}")
    if input.ndim not in (1, 2):
        raise RuntimeError(f"stft: expected a 1D or 2D tensor, got shape {list(input.shape)}")
    signal = input if input.ndim == 2 else input.unsqueeze(0)
    if center:
        signal = pad(signal.unsqueeze(0), (n_fft // 2, n_fft // 2), pad_mode).squeeze(0)
    elif align_to_window:
        signal = constant_pad_nd(signal, _around(n_fft, width))
    _check_window("stft", n_fft, width, window)
    if not 0 < n_fft <= signal.shape[-1]:
        raise RuntimeError(f"stft: expected 0 < n_fft <= {signal.shape[-1]}, the samples there are, got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(f"stft: expected hop_length > 0, but got hop_length={hop}")
    frames = unfold(signal, 1, n_fft, hop)
    if window is not None or width < n_fft:
        frames = frames * _whole_window(window, n_fft, width, input)
    transform = fft if is_complex or onesided is False else rfft
    spectra = transform(frames, norm="ortho" if normalized else None).transpose(1, 2)
    spectra = spectra if input.ndim == 2 else spectra.squeeze(0)
    return spectra if return_complex else view_as_real(spectra)


def istft(
    input: Any,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Any = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Any:
    """The signal whose spectra are nearest to `input`, as `stft` with the same arguments gives them (torch.istft).

    Windows are added where they overlap and divided by the sum of their squares (Griffin and Lim 1984). Raises
    RuntimeError where that sum is zero, and for what doesn't fit.
    """
    if not input.dtype.is_complex:
        raise RuntimeError(
            f"istft requires complex input, as stft with return_complex=True gives it, got {input.dtype}"
        )
    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if input.numel() == 0:
        raise RuntimeError(f"istft: input tensor cannot be empty, got shape {list(input.shape)}")
    if input.ndim not in (2, 3):
        raise RuntimeError(f"istft: expected a tensor with 2 or 3 dimensions, but got shape {list(input.shape)}")
    mirrored = input.shape[-2] != n_fft if onesided is None else onesided
    wanted = n_fft // 2 + 1 if mirrored else n_fft
    if input.shape[-2] != wanted:
        raise RuntimeError(
            f"istft: expected the frequency dimension to have {wanted} entries for n_fft={n_fft} and "
            f"onesided={mirrored}, but got shape {list(input.shape)}"
        )
    if not 0 < hop <= width:
        raise RuntimeError(f"istft: expected 0 < hop_length <= win_length, got {hop} and {width}")
    _check_window("istft", n_fft, width, window)
    complex_window = window is not None and window.dtype.is_complex
    if mirrored if return_complex else complex_window:
        raise RuntimeError(f"Cannot have onesided={mirrored} output if window or input is complex")
    spectra = (input if input.ndim == 3 else input.unsqueeze(0)).transpose(1, 2)
    norm = "ortho" if normalized else None
    if return_complex:
        frames = ifft(spectra, norm=norm)
    else:
        frames = irfft(narrow(spectra, 2, 0, n_fft // 2 + 1), n_fft, norm=norm)
    shape = _whole_window(window, n_fft, width, frames)
    signal = _added(frames * shape, n_fft, hop)
    weight = _added((shape * shape).expand((1, *frames.shape[1:])), n_fft, hop)
    signal = _divided(signal, weight, n_fft // 2 if center else 0, center, length)
    return signal if input.ndim == 3 else signal.squeeze(0)


def _divided(signal: Any, weight: Any, start: int, center: bool, length: int | None) -> Any:
    whole = signal.shape[1]
    end = start + length if length is not None else whole - start if center else whole
    kept = max(min(end, whole) - start, 0)
    signal, weight = narrow(signal, 1, start, kept), narrow(weight, 1, start, kept)
    if bool((weight.abs().min() < LOWEST).item()):
        raise RuntimeError(
            f"istft: window overlap add min: the windows add up to less than {LOWEST} somewhere among the {kept} "
            "samples asked for; choose a smaller hop_length, a window without zeros, or center=True"
        )
    if end > whole:
        warnings.warn(
            f"The length of signal is shorter than the length parameter: {end - whole} zeros follow it.", stacklevel=3
        )
    return constant_pad_nd(signal / weight, (0, max(end - whole, 0)))


def _added(frames: Any, n_fft: int, hop: int) -> Any:
    """Frames [B, count, n_fft] that lie hop apart added where they overlap."""
    length = n_fft + hop * (frames.shape[1] - 1)
    return unfold_backward(frames, (frames.shape[0], length), 1, n_fft, hop)


def _check_window(name: str, n_fft: int, width: int, window: Any) -> None:
    if not 0 < width <= n_fft:
        raise RuntimeError(f"{name}: expected 0 < win_length <= n_fft, but got win_length={width} and n_fft={n_fft}")
    if window is not None and tuple(window.shape) != (width,):
        raise RuntimeError(
            f"{name}: expected a 1D window tensor of size equal to win_length={width}, but got window with size "
            f"{list(window.shape)}"
        )


def _around(n_fft: int, width: int) -> tuple[int, int]:
    """What is missing of a window on both sides."""
    left = (n_fft - width) // 2
    return left, n_fft - width - left


def _whole_window(window: Any, n_fft: int, width: int, like: Any) -> Any:
    """The window, ones by default, with zeros around it."""
    return constant_pad_nd(like.new_ones((width,)) if window is None else window, _around(n_fft, width))
