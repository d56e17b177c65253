"""Combining: tensors put together as blocks, grids, products and combinations."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from engine.autograd.tensor_base import wrap
from engine.ops.layouts.aligning import given_tensors
from engine.ops.layouts.conversion import to
from engine.ops.layouts.joining import cat, stack
from engine.ops.layouts.layout import expand, reshape
from engine.ops.layouts.padding import constant_pad_nd


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """The coordinates of a grid, one expanded view for each vector (torch.meshgrid).

    With `indexing` "xy" the first two dimensions are swapped. Raises RuntimeError for other dimensions or mixed types.
    """
    given = given_tensors(tensors)
    if not given:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for each in given:
        if each.ndim > 1:
            raise RuntimeError(
                f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got one of shape {list(each.shape)}"
            )
        if each.dtype is not given[0].dtype:
            raise RuntimeError(
                f"meshgrid expects all tensors to have the same dtype, got {given[0].dtype} and {each.dtype}"
            )
    swapped = indexing == "xy" and len(given) > 1
    ordered = (given[1], given[0], *given[2:]) if swapped else given
    shape = tuple(each.numel() for each in ordered)
    grids = [
        expand(reshape(each, (1,) * place + (-1,) + (1,) * (len(shape) - place - 1)), shape)
        for place, each in enumerate(ordered)
    ]
    return (grids[1], grids[0], *grids[2:]) if swapped else tuple(grids)


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations of one element of each vector, a row each (torch.cartesian_prod)."""
    given = given_tensors(tensors)
    for each in given:
        if each.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(each.shape)}")
    if len(given) == 1:
        return given[0]
    return stack([reshape(each, (-1,)) for each in meshgrid(*given)], 1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of `r` elements of a vector in their order, a row each (torch.combinations)."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty((0,))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    chosen = np.array(list(choose(range(input.shape[0]), r)), dtype=np.int64).reshape(-1, r)
    return input[to(wrap(input.result_class, chosen), device=input.device)]


def block_diag(*tensors: Any) -> Any:
    """A matrix with the tensors as blocks on its diagonal, zeros elsewhere (torch.block_diag).

    Numbers and vectors are rows. Raises RuntimeError for more than two dimensions.
    """
    given = given_tensors(tensors)
    for number, each in enumerate(given):
        if each.ndim > 2:
            raise RuntimeError(
                f"torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {number} has {each.ndim} "
                f"dimensions: {list(each.shape)}"
            )
    blocks = [each if each.ndim == 2 else reshape(each, (1, each.numel())) for each in given]
    width, left, rows = sum(each.shape[1] for each in blocks), 0, []
    for each in blocks:
        rows.append(constant_pad_nd(each, (left, width - left - each.shape[1])))
        left += each.shape[1]
    return cat(tuple(rows))
