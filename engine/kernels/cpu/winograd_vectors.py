"""Winograd's transforms of small squares, LANES of them at a time: a matrix from both sides, written out for LLVM.

Addresses and strides are in bytes; nothing checks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernels.cpu.jit import intrinsic
from engine.kernels.cpu.vector_writer import VectorWriter, called
from engine.kernels.cpu.vectors import BYTES, LANES
from engine.kernels.cpu.winograd_matrices import Matrix, of_elements, of_results, of_weights


def _total(write: VectorWriter, factors: list[float], values: list[Any]) -> Any:
    """Σ factor · value over the factors that are not 0."""
    result = None
    terms = [(factor, value) for factor, value in zip(factors, values, strict=True) if factor]
    for factor, value in sorted(terms, key=lambda term: term[0] != 1):
        if result is None:
            result = value if factor == 1 else write.builder.fmul(value, write.constant(factor))
        elif factor == 1:
            result = write.builder.fadd(result, value)
        else:
            result = write.multiplied(write.constant(factor), value, result)
    return result


def _by_rows(write: VectorWriter, matrix: Matrix, values: list[Any]) -> list[Any]:
    """Matrix times values where the rows of a point and its negative differ in the signs of odd columns."""
    results = [_total(write, list(matrix[0]), values)]
    for row in matrix[1:-1:2]:
        even, odd = _total(write, list(row[0::2]), values[0::2]), _total(write, list(row[1::2]), values[1::2])
        results += [write.builder.fadd(even, odd), write.builder.fsub(even, odd)]
    return [*results, _total(write, list(matrix[-1]), values)]


def _by_columns(write: VectorWriter, matrix: Matrix, values: list[Any]) -> list[Any]:
    """Matrix times values where the columns of a point and its negative differ in the signs of odd rows."""
    pairs = [(values[place], values[place + 1]) for place in range(1, len(values) - 1, 2)]
    paired = [write.builder.fadd(*pair) for pair in pairs], [write.builder.fsub(*pair) for pair in pairs]
    return [
        _total(write, [row[0], *row[1:-1:2], row[-1]], [values[0], *paired[number % 2], values[-1]])
        for number, row in enumerate(matrix)
    ]


def _transforming(name: str, matrix: Matrix, adding: bool = False) -> Callable[..., Any]:
    """Target = matrix · source · matrixᵀ + added, for squares of vectors with a stride for rows and one for columns."""
    made, seen = len(matrix), len(matrix[0])
    product = _by_rows if made >= seen else _by_columns

    def body(write: VectorWriter, args: Any) -> None:
        source, source_row, source_column, target, target_row, target_column, added = args
        builder = write.builder
        rows, columns = write.multiples(source_row, seen), write.multiples(source_column, seen)
        halves = []
        for column in columns:
            begin = builder.add(source, column)
            halves.append(product(write, matrix, [write.load(builder.add(begin, row)) for row in rows]))
        more = write.spread(added)
        rows, columns = write.multiples(target_row, made), write.multiples(target_column, made)
        for number, row in enumerate(rows):
            begin = builder.add(target, row)
            results = product(write, matrix, [half[number] for half in halves])
            for column, result in zip(columns, results, strict=True):
                write.store(builder.fadd(result, more) if adding else result, builder.add(begin, column))

    def transform(
        typing: Any,
        source: Any,
        source_row: Any,
        source_column: Any,
        target: Any,
        target_row: Any,
        target_column: Any,
        added: Any,
    ) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from numba import types

        return types.void(*[types.intp] * 6, types.float32), called(f"transform.{name}", body)

    return transform


@intrinsic
def sum_of_nothing(typing: Any, source: Any, count: Any) -> Any:
    """The sum of 0 · element over so many vectors: 0, or NaN where an element is infinite or NaN."""
    # Late, for start-up: this runs while Numba compiles.
    from numba import types

    def body(write: VectorWriter, args: Any) -> Any:
        builder, zeros = write.builder, write.constant(0.0)
        total = write.variable(zeros)
        with write.times(args[1]) as loop:
            value = write.load(builder.add(args[0], builder.mul(loop.index, write.wide(LANES * BYTES))))
            builder.store(write.multiplied(value, zeros, builder.load(total)), total)
        return write.summed(builder.load(total))

    return types.float32(types.intp, types.intp), called("nothing", body)


transform_elements = intrinsic(_transforming("elements", of_elements()))
transform_weights = intrinsic(_transforming("weights", of_weights(3)))
transform_results = intrinsic(_transforming("results", of_results(4), adding=True))
transform_gradients = intrinsic(_transforming("gradients", of_weights(4)))
transform_weight_results = intrinsic(_transforming("weight_results", of_results(3)))
