"""Embedding: rows of a table by their numbers, and gradients added back to the rows they came from."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype, int32, int64
from engine.backend.namespace import on_host, xp
from engine.backend.scatter import add_at, counted
from engine.kernels.cpu import embedding as kernels
from engine.ops.elementwise.selection import masked
from engine.ops.indices.indexing import spec_of
from engine.ops.precision import narrowed, widened

NO_PADDING = -1


def refuse_numbers(name: str, *numbers: dtype | None) -> None:
    """Raise RuntimeError for row numbers that are neither int32 nor int64."""
    for each in numbers:
        if each not in (None, int32, int64):
            raise RuntimeError(
                f"Expected tensor for argument 'indices' to have one of the following scalar types: {int64}, {int32}; "
                f"but got {each} instead (while checking arguments for {name})"
            )


def check_rows(indices: Any, length: int) -> None:
    """Raise IndexError for a row number outside of the table; on a GPU nobody waits to look."""
    if not on_host(indices) or not indices.size:
        return
    lowest, highest = int(indices.min()), int(indices.max())
    if lowest < 0 or highest >= length:
        raise kernels.out_of_range(lowest if lowest < 0 else highest, length)


def _embedding_shape(
    weight: Spec, indices: Spec, padding_idx: int = NO_PADDING, scale_grad_by_freq: bool = False
) -> Spec:
    if weight.ndim != 2:
        raise RuntimeError(f"'weight' must be 2-D, got shape {list(weight.shape)}")
    return Spec((*indices.shape, weight.shape[1]), weight.dtype)


@op(shape=_embedding_shape, types="keep")
def embedding(weight: Array, indices: Array, padding_idx: int = NO_PADDING, scale_grad_by_freq: bool = False) -> Any:
    """The rows of the table `weight` that `indices` names (torch.embedding).

    The row `padding_idx` gets no gradient; `scale_grad_by_freq` divides a row's by how often it is named.
    """
    _embedding_shape(spec_of(weight), spec_of(indices))
    check_rows(indices, weight.shape[0])
    return weight.take(indices, axis=0)


def _refuse_embedding(name: str, compute: dtype | None, weight: dtype, indices: dtype) -> None:
    refuse_numbers(name, indices)


embedding.refuse(_refuse_embedding)
embedding.fast(cpu=kernels.embedding)


def _gradient_of_table(
    g: Any, indices: Any, shape_of_weight: tuple[int, int], padding_idx: int, scale_grad_by_freq: bool
) -> Any:
    if scale_grad_by_freq:
        g = g / occurrences(indices, shape_of_weight[0]).unsqueeze(-1)
    return add_rows(g, indices, shape_of_weight[0], padding_idx)


embedding.gradient(weight=_gradient_of_table, indices=None)


@op(shape=lambda indices, length: Spec(indices.shape, int64), types="keep", differentiable=False)
def occurrences(indices: Array, length: int) -> Any:
    """How often each number, below `length`, is found among all."""
    return counted(indices.reshape(-1), length)[indices]


@op(
    shape=lambda input, indices, length, padding_idx: Spec((length, input.shape[-1]), input.dtype),
    types="keep",
)
def add_rows(input: Array, indices: Array, length: int, padding_idx: int = NO_PADDING) -> Any:
    """`length` rows, each the sum of the input's rows that `indices` sends there; nothing goes to `padding_idx`."""
    rows, numbers = widened(input).reshape(-1, input.shape[-1]), indices.reshape(-1)
    if on_host(input):
        result = _placing_matrix(numbers, length, rows.dtype) @ rows
    else:
        result = xp(input).zeros((length, input.shape[-1]), rows.dtype)
        add_at(result, numbers, rows)
    if padding_idx >= 0:
        result[padding_idx] = 0
    return narrowed(result, input)


def _placing_matrix(numbers: Any, length: int, kind: Any) -> Any:
    """[length, n] with a one where row i of n belongs: its product adds ten times as fast as numpy.add.at."""
    # Kept out of start-up: scipy.sparse takes a tenth of a second.
    import numpy as np
    from scipy.sparse import csc_array

    ones, starts = np.ones(numbers.size, kind), np.arange(numbers.size + 1)
    return csc_array((ones, numbers, starts), shape=(length, numbers.size))


def _gradient_of_rows(g: Any, indices: Any, padding_idx: int) -> Any:
    found = embedding(g, indices)
    return found if padding_idx < 0 else masked(found, (indices != padding_idx).unsqueeze(-1))


add_rows.gradient(input=_gradient_of_rows, indices=None)
add_rows.fast(cpu=kernels.add_rows)


def _renorm_shape(weight: Spec, indices: Spec, max_norm: float, norm_type: float = 2.0) -> Spec:
    _embedding_shape(weight, indices)
    return weight


@op(shape=_renorm_shape, types="keep", differentiable=False)
def embedding_renorm(weight: Array, indices: Array, max_norm: float, norm_type: float = 2.0) -> Any:
    """The table with the named rows scaled down to a norm of at most `max_norm` (torch.embedding_renorm_)."""
    result = xp(weight).array(weight)
    _renorm(result, indices, max_norm, norm_type)
    return result


@embedding_renorm.in_place
def _renorm(weight: Any, indices: Any, max_norm: float, norm_type: float) -> None:
    _embedding_shape(spec_of(weight), spec_of(indices))
    check_rows(indices, weight.shape[0])
    # A row that is named twice is written twice, with the same values.
    numbers = indices.reshape(-1)
    rows = widened(weight[numbers])
    if norm_type == float("inf"):
        norms = abs(rows).max(axis=1, keepdims=True) if weight.shape[1] else rows
    else:
        norms = (abs(rows) ** norm_type).sum(axis=1, keepdims=True) ** (1 / norm_type)
    weight[numbers] = rows * xp(weight).where(norms > max_norm, max_norm / (norms + 1e-7), 1)


embedding_renorm.refuse(_refuse_embedding)
