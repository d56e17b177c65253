"""Every op's samples on a CUDA device: the CPU's values, gradients and second gradients, and nobody waits."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.autograd.gradients import grad
from engine.autograd.in_place import in_place
from engine.creation import as_tensor
from engine.tensors import Tensor
from engine.testing import ROWS, Row, Sample
from engine.testing.checks import as_tensors, leaves_of, outputs_of

Forbidding = Callable[[], AbstractContextManager[None]]

for _path in sorted((Path(__file__).parents[2] / "ops").glob("rows_*.py")):
    _spec = importlib.util.spec_from_file_location(_path.stem, _path)
    assert _spec is not None
    assert _spec.loader is not None
    _spec.loader.exec_module(importlib.util.module_from_spec(_spec))

ALL = [row for rows in ROWS.values() for row in rows]
# A library reports which matrices it can't do, and somebody has to look.
REPORTED = {
    "cholesky_ex", "cofactors", "eigh", "eigvalsh", "inv_ex", "pseudo_inverse", "singular_decomposition",
    "singular_values", "solve_matrices",
}  # fmt: skip
# CuPy has nothing for these; the host computes.
HOSTED = {"airy_ai", "eig", "eigvals", "ldl_factor_ex", "ldl_solve", "least_squares", "lu_factor_ex"}
# Weights that are no probabilities raise; a move to the CPU is a read; the elements say where a histogram begins;
# the norm of a matrix and the degrees of polynomials say how often to do something.
READ = {"multinomial", "move", "histc", "matrix_exp", *(name for name in ROWS if "_polynomial_" in name)}
WAITING = REPORTED | HOSTED | READ
# Their gradients are solutions of equations, and products of singular vectors.
WAITING_BACKWARD = WAITING | {"slogdet", "det"}
# Its device is among its attributes, which the row chooses.
PLACED = {"move"}
CLOSE = {"float16": 1e-2, "float32": 1e-5, "float64": 1e-10}


def rng_of(row: Row) -> np.random.Generator:
    return np.random.default_rng(sum(map(ord, row.name)))


def moved(value: Any, where: str) -> Any:
    """Leaves on another device."""
    if isinstance(value, Tensor):
        return value.detach().to(where).requires_grad_(value.requires_grad)
    return type(value)(moved(each, where) for each in value) if type(value) in (list, tuple) else value


def assert_same(found: Sequence[Any], expected: Sequence[Any], where: str) -> None:
    assert len(found) == len(expected)
    for each, right in zip(found, expected, strict=True):
        assert (each is None) == (right is None)
        if each is not None:
            assert (str(each.device), each.dtype, each.shape) == (where, right.dtype, right.shape)
            close = CLOSE.get(right.dtype.name, 0)
            np.testing.assert_allclose(each.detach().cpu().numpy(), right.detach().numpy(), rtol=close, atol=close)


def draws(row: Row) -> list[tuple[Sample, str]]:
    return [(sample, dtype) for sample in row.samples(rng_of(row)) for dtype in row.dtypes]


def rehearsed(row: Row, sample: Sample, dtype: str, where: str, quiet: Forbidding) -> tuple[Any, Any, Any, Any]:
    """The leaves and results on the CPU, and those on the device, computed without a wait."""
    host = as_tensors(sample.args, dtype, requires_grad=row.gradient, constants=row.constants)
    device = tuple(moved(each, where) for each in host)
    expected = outputs_of(row.op(*host, **sample.keywords))
    with nullcontext() if row.op.name in WAITING else quiet():
        found = outputs_of(row.op(*device, **sample.keywords))
    return leaves_of(host), expected, leaves_of(device), found


@pytest.mark.parametrize("row", [row for row in ALL if row.op.name not in PLACED], ids=lambda row: row.name)
def test_values(row: Row, cuda: str, nobody_waits: Forbidding) -> None:
    for sample, dtype in draws(row):
        host, expected, device, found = rehearsed(row, sample, dtype, cuda, nobody_waits)
        assert_same(found, expected, cuda)
        assert_same(device, host, cuda)


@pytest.mark.parametrize(
    "row", [row for row in ALL if row.gradient and row.op.name not in PLACED], ids=lambda row: row.name
)
def test_gradients(row: Row, cuda: str, nobody_waits: Forbidding) -> None:
    for sample, dtype in draws(row):
        host, expected, device, found = rehearsed(row, sample, dtype, cuda, nobody_waits)
        host, device = ([each for each in leaves if each.requires_grad] for leaves in (host, device))
        expected, found = ([each for each in results if each.requires_grad] for results in (expected, found))
        assert len(found) == len(expected)
        rng = rng_of(row)
        for order in range(2 if row.second else 1):
            if not expected:
                break
            seeds = [as_tensor(rng.normal(size=each.shape), each.dtype) for each in expected]
            seeds_there = [each.to(cuda) for each in seeds]
            more = bool(row.second and not order)
            expected = grad(expected, host, seeds, create_graph=more, allow_unused=True)
            with nullcontext() if row.op.name in WAITING_BACKWARD else nobody_waits():
                found = grad(found, device, seeds_there, create_graph=more, allow_unused=True)
            assert_same(found, expected, cuda)
            pairs = [
                pair for pair in zip(found, expected, strict=True) if pair[1] is not None and pair[1].requires_grad
            ]
            found, expected = [each for each, _ in pairs], [each for _, each in pairs]


WRITERS = [row for row in ALL if not (row.op.view or row.op.fields or row.op.many) and row.op.name not in PLACED]


@pytest.mark.parametrize("row", WRITERS, ids=lambda row: row.name)
def test_in_place(row: Row, cuda: str, nobody_waits: Forbidding) -> None:
    for sample, dtype in draws(row):
        args = as_tensors(sample.args, dtype)
        if not isinstance(args[0], Tensor):
            continue
        (expected,) = outputs_of(row.op(*args, **sample.keywords))
        if (expected.shape, expected.dtype) != (args[0].shape, args[0].dtype):
            continue
        device = tuple(moved(each, cuda) for each in args)
        with nullcontext() if row.op.name in WAITING else nobody_waits():
            result = in_place(row.op)(*device, **sample.keywords)
        assert result is device[0]
        assert_same([result], [expected], cuda)
