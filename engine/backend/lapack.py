"""LAPACK and BLAS routines of SciPy, matrix by matrix, for what NumPy has no batched function for."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from engine.backend.device import CPU
from engine.backend.namespace import array_device, on_host, to_device, using

Shape = tuple[int, ...]


@cache
def _module(name: str) -> ModuleType:
    # Loaded on first use for the sake of start-up time.
    return importlib.import_module(name)


def lapack(name: str, kind: Any) -> Any:
    """The LAPACK routine of that name (`getrf`) for a NumPy type."""
    return _module("scipy.linalg").get_lapack_funcs(name, dtype=kind)


def blas(name: str, kind: Any) -> Any:
    """The BLAS routine of that name (`trsm`) for a NumPy type."""
    return _module("scipy.linalg").get_blas_funcs(name, dtype=kind)


def failures_raise(array: Any) -> AbstractContextManager[Any]:
    """A context in which functions of matrices raise numpy.linalg.LinAlgError for what they can't do.

    On the CPU they always do; on a GPU the host waits for each report, which would be ignored otherwise.
    """
    return nullcontext() if on_host(array) else _module("cupyx").errstate(linalg="raise")


def solve_triangles(triangles: Any, right: Any, upper: bool, unitriangular: bool) -> Any:
    """X with A X = B of batches of triangles on a GPU, at once; infinite where a triangle is singular."""
    solve = _module("cupyx.scipy.linalg").solve_triangular
    return solve(triangles, right, lower=not upper, unit_diagonal=unitriangular)


def each_matrix(
    compute: Callable[..., Any], batch: Shape, inputs: tuple[Any, ...], outputs: tuple[tuple[Shape, Any], ...]
) -> tuple[Any, ...]:
    """`compute` on one matrix after the other of arrays whose leading dimensions are `batch`, results put together.

    `outputs` gives the shape and type of each result of one matrix. The host computes, also for arrays on a GPU.
    """
    where = array_device(inputs[0])
    given = tuple(to_device(each, CPU) for each in inputs)
    results = tuple(np.zeros((*batch, *shape), kind) for shape, kind in outputs)
    for place in np.ndindex(batch):
        for result, value in zip(results, compute(*(each[place] for each in given)), strict=True):
            result[place] = value
    with using(where):
        return tuple(to_device(each, where) for each in results)
