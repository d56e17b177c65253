"""Sums of products over named dimensions."""

from __future__ import annotations

import math
from typing import Any

from engine.ops.layouts.layout import permute, reshape
from engine.ops.layouts.windows import diagonal
from engine.ops.linear_algebra.matmul import matmul
from engine.ops.linear_algebra.subscripts import Label, Labels, from_lists, read_equation

Term = tuple[Any, Labels]


def einsum(*args: Any) -> Any:
    """The sum of products that an equation tells, `einsum("ij,jk->ik", first, second)` (torch.einsum).

    A letter that is not in the result is summed over, one twice in an operand takes its diagonal, `...` stands for
    dimensions that broadcast; without `->` the result has the letters that occur once, in alphabetic order. The other
    format is `einsum(first, [0, 1], second, [1, 2], [0, 2])`. Raises RuntimeError for what does not fit.
    """
    if len(args) < 2:
        raise ValueError(f"einsum(): must specify the equation string and at least one operand, got {args}")
    equation, operands = (args[0], list(args[1:])) if isinstance(args[0], str) else from_lists(args)
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = list(operands[0])
    if not operands:
        raise RuntimeError("einsum(): must provide at least one operand")
    read = read_equation(equation, [each.shape for each in operands])
    terms = [_without_repeats(*term, number) for number, term in enumerate(zip(operands, read.operands, strict=True))]
    _check_lengths(terms)
    product = terms[0]
    for number, term in enumerate(terms[1:], 2):
        later = {label for _, labels in terms[number:] for label in labels}
        product = _multiplied(product, term, later | set(read.result))
    summed, labels = _summed(product, set(read.result))
    return permute(summed, tuple(labels.index(label) for label in read.result))


def _without_repeats(operand: Any, labels: Labels, number: int) -> Term:
    """The operand's diagonal over each label that it has twice."""
    for label in labels:
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if operand.shape[first] != operand.shape[second]:
                raise RuntimeError(
                    f"einsum(): subscript {label} is repeated for operand {number} but the sizes don't match, "
                    f"{operand.shape[second]} != {operand.shape[first]}: shape {list(operand.shape)}"
                )
            operand = diagonal(operand, 0, first, second)
            labels = (*(each for place, each in enumerate(labels) if place not in (first, second)), label)
    return operand, labels


def _check_lengths(terms: list[Term]) -> None:
    seen: dict[Label, int] = {}
    for number, (operand, labels) in enumerate(terms):
        for label, length in zip(labels, operand.shape, strict=True):
            known = seen.get(label, 1)
            if known != 1 and length not in (1, known):
                name = label if isinstance(label, str) else "under the ellipsis"
                raise RuntimeError(
                    f"einsum(): subscript {name} has size {length} for operand {number} which does not broadcast with "
                    f"previously seen size {known}: shapes {[list(each.shape) for each, _ in terms]}"
                )
            seen[label] = length if known == 1 else known


def _summed(term: Term, kept: set[Label]) -> Term:
    """The term summed over the labels that nobody needs any more."""
    operand, labels = term
    dims = tuple(place for place, label in enumerate(labels) if label not in kept)
    return (operand.sum(dims) if dims else operand), tuple(label for label in labels if label in kept)


def _without_stretched(term: Term, other: Term) -> Term:
    """The term without the dimensions of length 1 that the other one has longer."""
    lengths = dict(zip(other[1], other[0].shape, strict=True))
    operand, labels = term
    dims = tuple(
        place for place, label in enumerate(labels) if operand.shape[place] == 1 and lengths.get(label, 1) != 1
    )
    kept = tuple(label for place, label in enumerate(labels) if place not in dims)
    return (operand.squeeze(dims) if dims else operand), kept


def _multiplied(first: Term, second: Term, kept: set[Label]) -> Term:
    """The product of two terms, summed over labels that are not kept: one product of batches of matrices."""
    left, right = _without_stretched(first, second), _without_stretched(second, first)
    left, right = _summed(left, kept | set(right[1])), _summed(right, kept | set(left[1]))
    shared = [label for label in left[1] if label in right[1]]
    batch = tuple(label for label in shared if label in kept)
    inner = tuple(label for label in shared if label not in kept)
    rows = tuple(label for label in left[1] if label not in shared)
    columns = tuple(label for label in right[1] if label not in shared)
    product = matmul(_as_matrices(left, batch, rows, inner), _as_matrices(right, batch, inner, columns))
    lengths = {**_lengths(left), **_lengths(right)}
    labels = batch + rows + columns
    return reshape(product, tuple(lengths[label] for label in labels)), labels


def _lengths(term: Term) -> dict[Label, int]:
    return dict(zip(term[1], term[0].shape, strict=True))


def _as_matrices(term: Term, batch: Labels, rows: Labels, columns: Labels) -> Any:
    operand, labels = term
    lengths = _lengths(term)
    ordered = permute(operand, tuple(labels.index(label) for label in batch + rows + columns))
    sizes = [math.prod(lengths[label] for label in group) for group in (batch, rows, columns)]
    return reshape(ordered, tuple(sizes if batch else sizes[1:]))
