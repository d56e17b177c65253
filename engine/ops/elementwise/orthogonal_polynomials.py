"""Orthogonal polynomials of any degree by their recurrences (DLMF 18.9); without gradients, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.op import op
from engine.autograd.promotion import to_floating
from engine.autograd.signature import Array, Number
from engine.autograd.spec import Spec, broadcast
from engine.backend.namespace import xp
from engine.ops.precision import narrowed, widened


def _floating_pair(input: Any, n: Any) -> Spec:
    both = broadcast(input, n)
    return Spec(both.shape, to_floating(both.dtype))


def _arrays(input: Any, n: Any) -> tuple[Any, Any]:
    """Both as arrays of one type, where one may be a number."""
    given = input if hasattr(input, "dtype") else n
    return xp(given).asarray(input, given.dtype), xp(given).asarray(n, given.dtype)


def _by_recurrence(x: Any, n: Any, first: Any, following: Callable[[int, Any, Any], Any]) -> Any:
    """P_n(x) for P_0 = 1, P_1 = `first` and P_k+1 = `following(k, P_k, P_k-1)`; zero for negative degrees."""
    where = xp(x).where
    degrees = n.astype("int64")
    before, current = xp(x).ones_like(x), first
    result = where(degrees < 0, 0, where(degrees == 0, before, current))
    for k in range(1, int(degrees.max()) if degrees.size else 0):
        before, current = current, following(k, current, before)
        result = where(degrees == k + 1, current, result)
    return narrowed(result, n)


def _chebyshev(input: Any, n: Any, slope: int, constant: int, shifted: bool = False) -> Any:
    """The four kinds share `P_k+1 = 2x P_k - P_k-1` and differ in `P_1 = slope * x + constant`."""
    x, degrees = _arrays(input, n)
    x = widened(x) * 2 - 1 if shifted else widened(x)
    return _by_recurrence(x, degrees, slope * x + constant, lambda k, current, before: 2 * x * current - before)


@op(shape=_floating_pair, types="floating", differentiable=False)
def chebyshev_polynomial_t(input: Array | Number, n: Array | Number) -> Any:
    """Chebyshev's polynomial of the first kind, `cos(n arccos x)` (torch.special.chebyshev_polynomial_t)."""
    return _chebyshev(input, n, 1, 0)


@op(shape=_floating_pair, types="floating", differentiable=False)
def chebyshev_polynomial_u(input: Array | Number, n: Array | Number) -> Any:
    """Chebyshev's polynomial of the second kind (torch.special.chebyshev_polynomial_u)."""
    return _chebyshev(input, n, 2, 0)


@op(shape=_floating_pair, types="floating", differentiable=False)
def chebyshev_polynomial_v(input: Array | Number, n: Array | Number) -> Any:
    """Chebyshev's polynomial of the third kind (torch.special.chebyshev_polynomial_v)."""
    return _chebyshev(input, n, 2, -1)


@op(shape=_floating_pair, types="floating", differentiable=False)
def chebyshev_polynomial_w(input: Array | Number, n: Array | Number) -> Any:
    """Chebyshev's polynomial of the fourth kind (torch.special.chebyshev_polynomial_w)."""
    return _chebyshev(input, n, 2, 1)


@op(shape=_floating_pair, types="floating", differentiable=False)
def shifted_chebyshev_polynomial_t(input: Array | Number, n: Array | Number) -> Any:
    """Chebyshev's polynomial of the first kind at 2x - 1 (torch.special.shifted_chebyshev_polynomial_t)."""
    return _chebyshev(input, n, 1, 0, shifted=True)


@op(shape=_floating_pair, types="floating", differentiable=False)
def shifted_chebyshev_polynomial_u(input: Array | Number, n: Array | Number) -> Any:
    """Chebyshev's polynomial of the second kind at 2x - 1 (torch.special.shifted_chebyshev_polynomial_u)."""
    return _chebyshev(input, n, 2, 0, shifted=True)


@op(shape=_floating_pair, types="floating", differentiable=False)
def shifted_chebyshev_polynomial_v(input: Array | Number, n: Array | Number) -> Any:
    """Chebyshev's polynomial of the third kind at 2x - 1 (torch.special.shifted_chebyshev_polynomial_v)."""
    return _chebyshev(input, n, 2, -1, shifted=True)


@op(shape=_floating_pair, types="floating", differentiable=False)
def shifted_chebyshev_polynomial_w(input: Array | Number, n: Array | Number) -> Any:
    """Chebyshev's polynomial of the fourth kind at 2x - 1 (torch.special.shifted_chebyshev_polynomial_w)."""
    return _chebyshev(input, n, 2, 1, shifted=True)


@op(shape=_floating_pair, types="floating", differentiable=False)
def hermite_polynomial_h(input: Array | Number, n: Array | Number) -> Any:
    """The physicist's Hermite polynomial (torch.special.hermite_polynomial_h)."""
    x, degrees = _arrays(input, n)
    x = widened(x)
    return _by_recurrence(x, degrees, 2 * x, lambda k, current, before: 2 * x * current - 2 * k * before)


@op(shape=_floating_pair, types="floating", differentiable=False)
def hermite_polynomial_he(input: Array | Number, n: Array | Number) -> Any:
    """The probabilist's Hermite polynomial (torch.special.hermite_polynomial_he)."""
    x, degrees = _arrays(input, n)
    x = widened(x)
    return _by_recurrence(x, degrees, x, lambda k, current, before: x * current - k * before)


@op(shape=_floating_pair, types="floating", differentiable=False)
def laguerre_polynomial_l(input: Array | Number, n: Array | Number) -> Any:
    """Laguerre's polynomial (torch.special.laguerre_polynomial_l)."""
    x, degrees = _arrays(input, n)
    x = widened(x)
    return _by_recurrence(
        x, degrees, 1 - x, lambda k, current, before: ((2 * k + 1 - x) * current - k * before) / (k + 1)
    )


@op(shape=_floating_pair, types="floating", differentiable=False)
def legendre_polynomial_p(input: Array | Number, n: Array | Number) -> Any:
    """Legendre's polynomial (torch.special.legendre_polynomial_p)."""
    x, degrees = _arrays(input, n)
    x = widened(x)
    return _by_recurrence(x, degrees, x, lambda k, current, before: ((2 * k + 1) * x * current - k * before) / (k + 1))
