"""Functions that are made of several ops on a CUDA device: the CPU's answers; who waits is named."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

import engine
from engine import fft, linalg, special
from engine.nn import functional

Forbidding = Callable[[], AbstractContextManager[None]]
Call = Callable[..., Any]


def numbers() -> Any:
    return engine.tensor(np.random.default_rng(3).normal(size=(4, 6)))


def complex_numbers() -> Any:
    return engine.complex(numbers(), numbers().flip(0))


def squares() -> Any:
    rows = engine.tensor(np.random.default_rng(4).normal(size=(2, 3, 4, 4)))
    return rows @ rows.mT + engine.eye(4, dtype=rows.dtype)


COMPLEX: dict[str, Call] = {
    "angle": lambda z: z.angle(),
    "abs": lambda z: z.abs(),
    "conj": lambda z: z.conj() * z,
    "parts": lambda z: z.real + 2 * z.imag,
    "view_as_real": lambda z: engine.view_as_real(z),
    "view_as_complex": lambda z: engine.view_as_complex(engine.view_as_real(z) * 2),
    "polar": lambda z: engine.polar(z.abs(), z.angle()),
    "exp, log, sqrt": lambda z: z.exp() + z.log() + z.sqrt(),
    "trigonometry": lambda z: z.sin() * z.cos(),
    "products": lambda z: z @ z.mH,
    "sums": lambda z: z.sum(0) + z.mean(0),
    "where": lambda z: engine.where(z.real > 0, z, z.conj()),
    "index_add": lambda z: z.index_add(0, engine.tensor([1, 1], device=z.device), z[:2]),
    "rows taken twice": lambda z: z[engine.tensor([0, 2, 0], device=z.device)] * 2j,
    "fft": lambda z: fft.fft(z, norm="ortho"),
    "ifft2": lambda z: fft.ifft2(z, (5, 3)),
    "irfft": lambda z: fft.irfft(z, 9),
    "hfft": lambda z: fft.hfft(z),
}
REAL: dict[str, Call] = {
    "fft": lambda x: fft.fft(x).abs(),
    "rfft2": lambda x: fft.rfft2(x),
    "ihfft": lambda x: fft.ihfft(x, dim=0),
    "fftshift": lambda x: fft.fftshift(x) - fft.ifftshift(x),
    "stft": lambda x: engine.stft(
        x.flatten(), 8, window=engine.hann_window(8, dtype=x.dtype, device=x.device), return_complex=True
    ),
    "gradient": lambda x: engine.gradient(x, spacing=0.5)[1],
    "var, median, quantile": lambda x: x.var(0) + x.median(0).values + x.quantile(0.3, 0),
    "logcumsumexp": lambda x: x.logcumsumexp(1),
    "cummax": lambda x: x.cummax(1).values,
    "kthvalue": lambda x: x.kthvalue(2, 1).values,
    "searchsorted": lambda x: engine.searchsorted(x.sort(1).values, x),
    "isin": lambda x: engine.isin(x.round(), engine.tensor([0.0, 1.0], dtype=x.dtype, device=x.device)),
    "histc": lambda x: x.histc(5, -2, 2),
    "scatter_reduce": lambda x: x.scatter_reduce(1, (x > 0).long(), x, "amax"),
    "index_add": lambda x: x.index_add(0, engine.tensor([1, 1], device=x.device), x[:2]),
    "cov": lambda x: x.cov() + x.corrcoef(),
    "cdist": lambda x: engine.cdist(x, x + 1),
    "einsum": lambda x: engine.einsum("ij,kj->ik", x, x),
    "special": lambda x: special.erfcx(x) + special.i0e(x) + special.ndtri(x.sigmoid()),
    "one_hot": lambda x: functional.one_hot((x > 0).long(), 3),
    "grid_sample": lambda x: functional.grid_sample(
        x.reshape(1, 1, 4, 6), functional.affine_grid(x[None, :2, :3] / 4, (1, 1, 5, 5), False), align_corners=False
    ),
    "interpolate": lambda x: functional.interpolate(x.reshape(1, 1, 4, 6), (7, 5), mode="bilinear", antialias=True),
    "unfold": lambda x: x.unfold(1, 3, 2) + 1,
    "tril_indices": lambda x: x[tuple(engine.tril_indices(4, 4, device=x.device))],
}
MATRICES: dict[str, Call] = {
    "det": lambda A: linalg.det(A) + linalg.slogdet(A).logabsdet,
    "qr": lambda A: linalg.qr(A).R.abs(),
    "matrix_norm": lambda A: linalg.matrix_norm(A) + linalg.matrix_norm(A, 1),
    "solve_triangular": lambda A: linalg.solve_triangular(A.tril(), A, upper=False),
    "solve_triangular from the right": lambda A: linalg.solve_triangular(A.triu(), A[0], upper=True, left=False),
    "cholesky_solve": lambda A: engine.cholesky_solve(A, A.tril()),
    "cholesky_inverse": lambda A: engine.cholesky_inverse(A.triu(), upper=True),
    "householder_product": lambda A: linalg.householder_product(*engine.geqrf(A)),
    "ormqr": lambda A: engine.ormqr(*engine.geqrf(A), A, False, True),
    "matrix_power": lambda A: linalg.matrix_power(A, 3),
    "multi_dot": lambda A: linalg.multi_dot([A[0, 0], A[0, 1], A[0, 2]]),
}
# They have no gradient, or one that solves equations, which may fail.
SOLVED_BACKWARD = {"det", "cholesky_solve", "cholesky_inverse", "householder_product", "ormqr", "ldl"}
READ: dict[str, Call] = {
    "solve": lambda A: linalg.solve(A, A[0]),
    "inv": lambda A: linalg.inv(A),
    "cholesky": lambda A: linalg.cholesky(A),
    "eigvalsh": lambda A: linalg.eigvalsh(A),
    "svdvals": lambda A: linalg.svdvals(A),
    "pinv": lambda A: linalg.pinv(A),
    "matrix_rank": lambda A: linalg.matrix_rank(A),
    "matrix_exp": lambda A: linalg.matrix_exp(A / 9),
    "eigvals": lambda A: linalg.eigvals(A).abs().sort().values,
    "lu": lambda A: linalg.lu(A).U,
    "lu_solve": lambda A: linalg.lu_solve(*linalg.lu_factor(A), A),
    "lstsq": lambda A: linalg.lstsq(A, A).solution,
    "ldl": lambda A: linalg.ldl_factor(A).LD,
    "cond": lambda A: linalg.cond(A),
}


def agree(call: Call, given: Any, where: str, quiet: Forbidding, differentiable: bool = True) -> None:
    """Compute on the CPU and on the device, and compare results and gradients."""
    found = []
    for place in ("cpu", where):
        x = given.detach().to(place).requires_grad_(differentiable)
        with nullcontext() if place == "cpu" else quiet():
            result = call(x)
            if differentiable and result.requires_grad:
                loss = engine.view_as_real(result).sum() if result.is_complex() else (result * result).sum()
                loss.backward()
        assert str(result.device) == place
        found.append([each.detach().cpu().numpy() for each in (result, x.grad) if each is not None])
    assert len(found[0]) == len(found[1])
    for ours, right in zip(found[1], found[0], strict=True):
        np.testing.assert_allclose(ours, right, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_numbers(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    agree(COMPLEX[name], complex_numbers(), cuda, nobody_waits)


@pytest.mark.parametrize("name", REAL)
def test_real_numbers(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    agree(REAL[name], numbers(), cuda, nobody_waits)


@pytest.mark.parametrize("name", MATRICES)
def test_matrices(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    agree(MATRICES[name], squares(), cuda, nobody_waits, differentiable=name not in SOLVED_BACKWARD)


@pytest.mark.parametrize("name", READ)
def test_matrices_that_may_fail(name: str, cuda: str) -> None:
    agree(READ[name], squares(), cuda, nullcontext, differentiable=name not in SOLVED_BACKWARD)


FAILURES: dict[str, Call] = {
    "solve": lambda A: linalg.solve(A, A),
    "inv": linalg.inv,
    "cholesky": linalg.cholesky,
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_are_found_there(name: str, cuda: str) -> None:
    failing = squares()
    failing[1, 2, 3] = failing[1, 2, :, 3] = 0
    with pytest.raises(linalg.LinAlgError) as here:
        FAILURES[name](failing)
    with pytest.raises(linalg.LinAlgError) as there:
        FAILURES[name](failing.to(cuda))
    assert str(there.value) == str(here.value)
