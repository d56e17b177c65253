"""What functions of matrices ask of their input, and how they say that they could not do their work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from engine.autograd.spec import Spec, broadcast_shapes
from engine.backend.dtype import dtype, float16, float32, float64, int32
from engine.backend.lapack import failures_raise
from engine.backend.namespace import xp

Shape = tuple[int, ...]
Dtype = dtype


class LinAlgError(RuntimeError):
    """A matrix that is singular, not positive definite or whose decomposition does not converge (torch.linalg)."""


def check_matrix(name: str, shape: Shape, argument: str = "A") -> None:
    """Raise RuntimeError for what is no matrix or batch of matrices."""
    if len(shape) < 2:
        raise RuntimeError(
            f"{name}: The input tensor {argument} must have at least 2 dimensions, but it has {len(shape)}: "
            f"shape {list(shape)}"
        )


def check_square(name: str, shape: Shape, argument: str = "A") -> None:
    """Raise RuntimeError for what is no square matrix or batch of square matrices."""
    check_matrix(name, shape, argument)
    if shape[-1] != shape[-2]:
        raise RuntimeError(
            f"{name}: {argument} must be batches of square matrices, but they are {shape[-2]} by {shape[-1]} matrices: "
            f"shape {list(shape)}"
        )


def check_solvable(name: str, first: Shape, second: Shape, left: bool = True) -> None:
    """Raise RuntimeError where A X = B (or X A = B) has sizes that do not fit; A has to be square."""
    check_square(name, first)
    check_matrix(name, second, "B")
    if first[-2] != second[-2 if left else -1]:
        raise RuntimeError(
            f"{name}: Incompatible shapes of A and B for the equation {'AX = B' if left else 'XA = B'} "
            f"({first[-2]}x{first[-1]} and {second[-2]}x{second[-1]}): shapes {list(first)} and {list(second)}"
        )


def common_batch(first: Shape, second: Shape) -> Shape:
    """The leading dimensions that two batches of matrices broadcast to."""
    return broadcast_shapes(first[:-2], second[:-2])


def refuse_unfit(name: str, compute: Dtype | None, *inputs: Dtype | None) -> None:
    """Raise RuntimeError for types without linear algebra: whole numbers, half precision, two types at once."""
    title = TITLES.get(name, name)
    first = inputs[0]
    for each in inputs:
        if each is None:
            continue
        if not (each.is_floating_point or each.is_complex):
            raise RuntimeError(f"{title}: Expected a floating point or complex tensor as input. Got {each}")
        if each.itemsize < 4:
            raise RuntimeError(f"{title}: Low precision dtypes not supported. Got {each}; convert it with .to(dtype)")
        if first is not None and each is not first:
            raise RuntimeError(
                f"{title}: Expected A and B to have the same dtype, but found A of type {first} and B of type {each} "
                "instead"
            )


# How PyTorch calls ops whose names here say less or more.
TITLES: dict[str, str] = {}


def entitle(operation: Any, title: str) -> None:
    """Have an op of matrices refuse types under PyTorch's name for it."""
    TITLES[operation.name] = title
    operation.refuse(refuse_unfit)


def first_failure(info: Any) -> tuple[str, int] | None:
    """Where in a batch LAPACK first reported a failure and what it said; None if all went well."""
    failed = xp(info).flatnonzero(info.reshape(-1))
    if not failed.size:
        return None
    place = int(failed[0])
    return f"(Batch element {place}): " if info.ndim else "", int(info.reshape(-1)[place])


@contextmanager
def converging(name: str, array: Any) -> Iterator[None]:
    """Say as PyTorch does that a decomposition of the array did not converge."""
    try:
        with failures_raise(array):
            yield
    except np.linalg.LinAlgError as error:
        finite = bool(xp(array).isfinite(array).all())
        reason = str(error) if finite else "because the input matrix contained non-finite values"
        raise LinAlgError(f"{name}: The algorithm failed to converge for shape {list(array.shape)}: {reason}") from None


def epsilon(kind: Dtype) -> float:
    """The distance from 1 to the next number of a type."""
    return float({float16: 2**-10, float32: 2**-23, float64: 2**-52}[kind.to_real()])


def no_failures(array: Any, shape: Shape) -> Any:
    """LAPACK's report that all went well."""
    return xp(array).zeros(shape, np.int32)


def swapped(array: Any) -> Any:
    """Each matrix of an array transposed."""
    return array.swapaxes(-2, -1)


def info_spec(input: Spec) -> Spec:
    """The shape of LAPACK's report on a batch of matrices."""
    return Spec(input.shape[:-2], int32)
