"""Quantiles: the values below which given shares of the elements lie."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase, on_its_own
from engine.backend.dtype import float32, float64, int64
from engine.ops.dimensions import wrap_dim
from engine.ops.elementwise.selection import where
from engine.ops.reductions.sorting import sort

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _check(name: str, input: Any, q: Any, interpolation: str) -> None:
    if not input.as_spec.size:
        raise RuntimeError(f"{name}() input tensor must be non-empty, got shape {list(input.shape)}")
    if input.dtype not in (float32, float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype, got {input.dtype}")
    if interpolation not in INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    if not isinstance(q, TensorBase):
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q}")
        return
    if q.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor, got shape {list(q.shape)}")
    if q.dtype is not input.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor, got {q.dtype} and {input.dtype}")
    # On a GPU nobody waits to look.
    if q.device.type == "cpu" and _leaves_unit_range(q):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")


def _leaves_unit_range(q: Any) -> bool:
    return bool(((q < 0) | (q > 1)).any())


def _ranks(values: Any, shares: Any, ignores_nan: bool) -> Any:
    """The places in sorted order, between whole ones too, at which shares of the elements along the last dim end."""
    missing = values != values
    last = values.shape[-1] - 1
    if ignores_nan:
        return shares * ((~missing).sum(-1, True) - 1).clamp(min=0)
    # Where a NaN is, it comes last in order and is the answer.
    return where(missing.any(-1, True), last, shares * last)


def _at_ranks(ordered: Any, ranks: Any, interpolation: str) -> Any:
    if interpolation in ("lower", "higher", "nearest"):
        whole = {"lower": ranks.floor, "higher": ranks.ceil, "nearest": ranks.round}[interpolation]()
        return ordered.gather(-1, whole.to(int64))
    floor = ranks.detach().floor()
    below = ordered.gather(-1, floor.to(int64))
    above = ordered.gather(-1, ranks.detach().ceil().to(int64))
    weight = ranks - floor if interpolation == "linear" else ranks.new_full(ranks.shape, 0.5)
    return below.lerp(above, weight)


def _quantile(name: str, input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str) -> Any:
    _check(name, input, q, interpolation)
    place = 0 if dim is None else wrap_dim(dim, input.ndim)
    values = input.reshape((-1,)) if dim is None or not input.ndim else input.movedim(place, -1)
    levels: Any = q if isinstance(q, TensorBase) else input.new_full((), q)
    ranks = _ranks(values, levels.reshape((-1,)), name == "nanquantile")
    found = _at_ranks(sort(values, -1).values, ranks, interpolation).movedim(-1, 0)
    if keepdim:
        rest = (1,) * input.ndim if dim is None else found.unsqueeze(place + 1).shape[1:] if input.ndim else ()
        found = found.reshape((-1, *rest))
    return on_its_own(found if levels.ndim else found.squeeze(0))


def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """The values below which shares `q` of the elements along `dim` lie; NaN where one is (torch.quantile).

    `q` is a number or a tensor of numbers, whose dimension comes first; between two elements lies what `interpolation`
    says: linear, lower, higher, midpoint or nearest.
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation)


def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """`quantile` of what is not NaN; NaN where nothing else is (torch.nanquantile)."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation)
