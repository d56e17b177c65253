"""The functions of torch.fft: transforms in one, two or many dimensions, and the order of their frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.backend.dtype import float16, get_default_dtype
from engine.ops.dimensions import wrap_dim
from engine.ops.elementwise.complex_numbers import conj
from engine.ops.indices.indexing import narrow
from engine.ops.layouts.padding import constant_pad_nd
from engine.ops.layouts.rearranging import roll
from engine.ops.signals.fourier import ACROSS, fourier, inverse_real_fourier, real_fourier

Sizes = Sequence[int] | None
LAST_TWO = (-2, -1)


def fft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The transform along one dimension, cut or filled with zeros to length n (torch.fft.fft)."""
    return fftn(input, *_one(n, dim), norm)


def ifft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The inverse of `fft` (torch.fft.ifft)."""
    return ifftn(input, *_one(n, dim), norm)


def fft2(input: Any, s: Sizes = None, dim: Any = LAST_TWO, norm: str | None = None) -> Any:
    """`fftn` over the last two dimensions (torch.fft.fft2)."""
    return fftn(input, s, dim, norm)


def ifft2(input: Any, s: Sizes = None, dim: Any = LAST_TWO, norm: str | None = None) -> Any:
    """`ifftn` over the last two dimensions (torch.fft.ifft2)."""
    return ifftn(input, s, dim, norm)


def fftn(input: Any, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Any:
    """The transform over `dim`, all by default, cut or filled with zeros to lengths s (torch.fft.fftn)."""
    lengths, dims = _lengths_and_dims(input, s, dim)
    return fourier(_resized(_complex(input), lengths, dims), dims, _norm(norm), False) if dims else _complex(input)


def ifftn(input: Any, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Any:
    """The inverse of `fftn` (torch.fft.ifftn)."""
    lengths, dims = _lengths_and_dims(input, s, dim)
    return fourier(_resized(_complex(input), lengths, dims), dims, _norm(norm), True) if dims else _complex(input)


def rfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The first half of the transform of real numbers, whose other half mirrors it (torch.fft.rfft)."""
    return rfftn(input, *_one(n, dim), norm)


def irfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The inverse of `rfft`, of length n, by default 2(m - 1) of m (torch.fft.irfft)."""
    return irfftn(input, *_one(n, dim), norm)


def rfft2(input: Any, s: Sizes = None, dim: Any = LAST_TWO, norm: str | None = None) -> Any:
    """`rfftn` over the last two dimensions (torch.fft.rfft2)."""
    return rfftn(input, s, dim, norm)


def irfft2(input: Any, s: Sizes = None, dim: Any = LAST_TWO, norm: str | None = None) -> Any:
    """`irfftn` over the last two dimensions (torch.fft.irfft2)."""
    return irfftn(input, s, dim, norm)


def rfftn(input: Any, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Any:
    """The transform of real numbers, without the mirrored half along the last of `dim` (torch.fft.rfftn)."""
    if input.dtype.is_complex:
        raise RuntimeError(f"rfft expects a real input tensor, but got {input.dtype}; use fft")
    lengths, dims = _lengths_and_dims(input, s, dim)
    _require_dims("rfftn", dims)
    return real_fourier(_resized(_floating(input), lengths, dims), dims, _norm(norm))


def irfftn(input: Any, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Any:
    """The inverse of `rfftn`; the last length is 2(m - 1) of m unless s says it (torch.fft.irfftn)."""
    lengths, dims = _lengths_and_dims(input, s, dim, halved=True)
    _require_dims("irfftn", dims)
    halves = (*lengths[:-1], lengths[-1] // 2 + 1)
    return inverse_real_fourier(_resized(_complex(input), halves, dims), lengths[-1], dims, _norm(norm))


def hfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The real transform of a signal whose second half mirrors the first, which is given (torch.fft.hfft)."""
    return hfftn(input, *_one(n, dim), norm)


def ihfft(input: Any, n: int | None = None, dim: int = -1, norm: str | None = None) -> Any:
    """The inverse of `hfft` (torch.fft.ihfft)."""
    return ihfftn(input, *_one(n, dim), norm)


def hfft2(input: Any, s: Sizes = None, dim: Any = LAST_TWO, norm: str | None = None) -> Any:
    """`hfftn` over the last two dimensions (torch.fft.hfft2)."""
    return hfftn(input, s, dim, norm)


def ihfft2(input: Any, s: Sizes = None, dim: Any = LAST_TWO, norm: str | None = None) -> Any:
    """`ihfftn` over the last two dimensions (torch.fft.ihfft2)."""
    return ihfftn(input, s, dim, norm)


def hfftn(input: Any, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Any:
    """The real transform of a signal that is given without its mirrored half (torch.fft.hfftn)."""
    return irfftn(conj(_complex(input)), s, dim, ACROSS[_norm(norm)])


def ihfftn(input: Any, s: Sizes = None, dim: Any = None, norm: str | None = None) -> Any:
    """The inverse of `hfftn` (torch.fft.ihfftn)."""
    return conj(rfftn(input, s, dim, ACROSS[_norm(norm)]))


def fftshift(input: Any, dim: Any = None) -> Any:
    """The frequency 0 moved to the middle along `dim`, all by default (torch.fft.fftshift)."""
    dims = _dims(input, dim)
    return roll(input, tuple(input.shape[each] // 2 for each in dims), dims) if dims else input


def ifftshift(input: Any, dim: Any = None) -> Any:
    """The inverse of `fftshift` (torch.fft.ifftshift)."""
    dims = _dims(input, dim)
    return roll(input, tuple((input.shape[each] + 1) // 2 for each in dims), dims) if dims else input


def _one(length: int | None, dim: int) -> tuple[Sizes, tuple[int, ...]]:
    return None if length is None else (length,), (dim,)


def _norm(norm: str | None) -> str:
    if norm is not None and norm not in ACROSS:
        raise RuntimeError(f'Invalid normalization mode: "{norm}"; it is one of {", ".join(ACROSS)}')
    return norm or "backward"


def _dims(input: Any, dim: Any) -> tuple[int, ...]:
    given = tuple(range(input.ndim)) if dim is None else (dim,) if isinstance(dim, int) else tuple(dim)
    if given and input.ndim == 0:
        raise IndexError(f"Dimension specified as {given[0]} but tensor has no dimensions")
    dims = tuple(wrap_dim(each, input.ndim) for each in given)
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"FFT dims must be unique, got {given}")
    return dims


def _lengths_and_dims(input: Any, s: Sizes, dim: Any, halved: bool = False) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What each transformed dimension is cut or filled to, and which they are; `halved`: the last is given by half."""
    if s is not None and dim is None and len(s) > input.ndim:
        raise RuntimeError(f"Got shape with {len(s)} values but input tensor only has {input.ndim} dimensions.")
    if dim is None and s is not None:
        dims = tuple(range(input.ndim - len(s), input.ndim))
    else:
        dims = _dims(input, dim)
    if s is not None and len(s) != len(dims):
        raise RuntimeError(
            f"When given, dim and shape arguments must have the same length, got shape {tuple(s)} and dim {dims}"
        )
    own = [input.shape[each] for each in dims]
    if halved and dims:
        own[-1] = 2 * (own[-1] - 1)
    lengths = tuple(own) if s is None else tuple(own[i] if each == -1 else each for i, each in enumerate(s))
    if any(length < 1 for length in lengths):
        raise RuntimeError(f"Invalid number of data points ({min(lengths)}) specified: the lengths are {lengths}")
    return lengths, dims


def _require_dims(name: str, dims: tuple[int, ...]) -> None:
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")


def _resized(input: Any, lengths: tuple[int, ...], dims: tuple[int, ...]) -> Any:
    for length, dim in zip(lengths, dims, strict=True):
        if length < input.shape[dim]:
            input = narrow(input, dim, 0, length)
        elif length > input.shape[dim]:
            input = constant_pad_nd(input, (0, 0) * (input.ndim - 1 - dim) + (0, length - input.shape[dim]))
    return input


def _floating(input: Any) -> Any:
    if input.dtype.itemsize == 2 and input.dtype.is_floating_point:
        example = "half" if input.dtype is float16 else "bfloat16"
        raise RuntimeError(f"Unsupported dtype {input.dtype}: transforms are not made of {example}; use .float() first")
    return input if input.dtype.is_differentiable else input.to(get_default_dtype())


def _complex(input: Any) -> Any:
    floating = _floating(input)
    return floating.to(floating.dtype.to_complex())
