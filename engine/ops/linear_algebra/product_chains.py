"""Products of many matrices, in the order that multiplies least."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from engine.ops.linear_algebra.matmul import matmul, mm

Tree = Any


def _best_order(lengths: tuple[int, ...]) -> Tree:
    """How to pair matrices of lengths[i] x lengths[i + 1]: a number, or a pair of such (Cormen et al., 15.2)."""

    @cache
    def best(first: int, last: int) -> tuple[int, Tree]:
        if first == last:
            return 0, first
        return min(
            (
                (
                    best(first, cut)[0]
                    + best(cut + 1, last)[0]
                    + lengths[first] * lengths[cut + 1] * lengths[last + 1],
                    (best(first, cut)[1], best(cut + 1, last)[1]),
                )
                for cut in range(first, last)
            ),
            key=lambda choice: choice[0],
        )

    return best(0, len(lengths) - 2)[1]


def _multiplied(tree: Tree, matrices: Sequence[Any]) -> Any:
    if isinstance(tree, int):
        return matrices[tree]
    return mm(_multiplied(tree[0], matrices), _multiplied(tree[1], matrices))


def multi_dot(tensors: Sequence[Any]) -> Any:
    """The product of two or more matrices; the first and the last may be vectors (torch.linalg.multi_dot)."""
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    for number, each in enumerate(tensors):
        ends = number in (0, len(tensors) - 1)
        if each.ndim != 2 and not (ends and each.ndim == 1):
            raise RuntimeError(
                f"multi_dot(): tensor {number} must be {'1D or 2D' if ends else '2D'} but got {each.ndim}D: "
                f"shape {list(each.shape)}"
            )
    row, column = tensors[0].ndim == 1, tensors[-1].ndim == 1
    if len(tensors) == 2:
        return matmul(tensors[0], tensors[1])
    matrices = list(tensors)
    if row:
        matrices[0] = matrices[0].unsqueeze(0)
    if column:
        matrices[-1] = matrices[-1].unsqueeze(-1)
    for number, (each, after) in enumerate(pairwise(matrices)):
        if each.shape[-1] != after.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {number} and {number + 1} with shapes {list(tensors[number].shape)} and "
                f"{list(tensors[number + 1].shape)} cannot be multiplied"
            )
    result = _multiplied(_best_order((*(each.shape[0] for each in matrices), matrices[-1].shape[1])), matrices)
    dropped = (*((0,) if row else ()), *((-1,) if column else ()))
    return result.squeeze(dropped) if dropped else result


def chain_matmul(*matrices: Any) -> Any:
    """The product of one or more matrices; multi_dot is its successor (torch.chain_matmul)."""
    warnings.warn("chain_matmul is deprecated, use linalg.multi_dot, which takes a list", FutureWarning, stacklevel=2)
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices, got none")
    for each in matrices:
        if each.ndim != 2:
            raise RuntimeError(f"chain_matmul(): Tensor dimension is {each.ndim}, expected 2: shape {list(each.shape)}")
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)
