"""Winograd's transforms of small squares, LANES of them at a time: a matrix from both sides, written out for LLVM.

Addresses and strides are in bytes; nothing checks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernels.cpu.jit import intrinsic
from engine.kernels.cpu.vectors import BYTES, LANES
from engine.kernels.cpu.winograd_matrices import Matrix, of_elements, of_results, of_weights


class _Sums:
    """Sums of vectors times constants."""

    def __init__(self, builder: Any) -> None:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir
        from numba.core import cgutils

        self.ir, self.builder, self.wide = ir, builder, ir.IntType(64)
        self.vector = ir.VectorType(ir.FloatType(), LANES)
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        self.fused = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")

    def at(self, begin: Any, row_stride: Any, row: int, column_stride: Any, column: int) -> Any:
        place = self.builder.add(begin, self.builder.mul(row_stride, self.wide(row)))
        place = self.builder.add(place, self.builder.mul(column_stride, self.wide(column)))
        return self.builder.inttoptr(place, self.vector.as_pointer())

    def spread(self, value: Any) -> Any:
        undefined, index = self.ir.Constant(self.vector, self.ir.Undefined), self.ir.IntType(32)
        first = self.builder.insert_element(undefined, value, index(0))
        return self.builder.shuffle_vector(
            first, first, self.ir.Constant(self.ir.VectorType(index, LANES), [0] * LANES)
        )

    def total(self, factors: list[float], values: list[Any]) -> Any:
        """Σ factor · value over the factors that are not 0; None for no terms."""
        result = None
        terms = [(factor, value) for factor, value in zip(factors, values, strict=True) if factor]
        for factor, value in sorted(terms, key=lambda term: term[0] != 1):
            constant = self.ir.Constant(self.vector, [factor] * LANES)
            if result is None:
                result = value if factor == 1 else self.builder.fmul(value, constant)
            elif factor == 1:
                result = self.builder.fadd(result, value)
            else:
                result = self.builder.call(self.fused, [constant, value, result])
        return result

    def by_rows(self, matrix: Matrix, values: list[Any]) -> list[Any]:
        """Matrix times values where the rows of a point and its negative differ in the signs of odd columns."""
        results = [self.total(list(matrix[0]), values)]
        for row in range(1, len(matrix) - 1, 2):
            even = self.total(list(matrix[row][0::2]), values[0::2])
            odd = self.total(list(matrix[row][1::2]), values[1::2])
            results += [self.builder.fadd(even, odd), self.builder.fsub(even, odd)]
        return [*results, self.total(list(matrix[-1]), values)]

    def by_columns(self, matrix: Matrix, values: list[Any]) -> list[Any]:
        """Matrix times values where the columns of a point and its negative differ in the signs of odd rows."""
        pairs = [(values[place], values[place + 1]) for place in range(1, len(values) - 1, 2)]
        sums = [self.builder.fadd(*pair) for pair in pairs]
        differences = [self.builder.fsub(*pair) for pair in pairs]
        return [
            self.total([row[0], *row[1:-1:2], row[-1]], [values[0], *(differences if odd else sums), values[-1]])
            for odd, row in ((number % 2, row) for number, row in enumerate(matrix))
        ]


def _transforming(matrix: Matrix, adding: bool = False) -> Callable[..., Any]:
    """Target = matrix · source · matrixᵀ + added, for squares of vectors with a stride for rows and one for columns."""
    made, seen = len(matrix), len(matrix[0])

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

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            source, source_row, source_column, target, target_row, target_column, added = args
            sums = _Sums(builder)
            product = sums.by_rows if made > seen or made == seen else sums.by_columns
            columns = []
            for column in range(seen):
                values = []
                for row in range(seen):
                    loaded = builder.load(sums.at(source, source_row, row, source_column, column))
                    loaded.align = BYTES
                    values.append(loaded)
                columns.append(product(matrix, values))
            more = sums.spread(added)
            for row in range(made):
                for column, value in enumerate(product(matrix, [each[row] for each in columns])):
                    result = builder.fadd(value, more) if adding else value
                    stored = builder.store(result, sums.at(target, target_row, row, target_column, column))
                    stored.align = BYTES
            return context.get_dummy_value()

        return types.void(*[types.intp] * 6, types.float32), generate

    return transform


@intrinsic
def sum_of_nothing(typing: Any, source: Any, count: Any) -> Any:
    """The sum of 0 · element over so many vectors: 0, or NaN where an element is infinite or NaN."""
    # Late, for start-up: this runs while Numba compiles.
    from llvmlite import ir
    from numba import types
    from numba.core import cgutils

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        sums, zeros = _Sums(builder), ir.Constant(ir.VectorType(ir.FloatType(), LANES), [0.0] * LANES)
        total = cgutils.alloca_once_value(builder, zeros)
        with cgutils.for_range(builder, args[1], intp=sums.wide) as loop:
            loaded = builder.load(sums.at(args[0], loop.index, LANES * BYTES, loop.index, 0))
            loaded.align = BYTES
            builder.store(builder.call(sums.fused, [loaded, zeros, builder.load(total)]), total)
        name, kind = (
            f"llvm.vector.reduce.fadd.v{LANES}f32",
            ir.FunctionType(ir.FloatType(), [ir.FloatType(), zeros.type]),
        )
        summed = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(summed, [ir.FloatType()(0.0), builder.load(total)], fastmath=("reassoc",))

    return types.float32(types.intp, types.intp), generate


transform_elements = intrinsic(_transforming(of_elements()))
transform_weights = intrinsic(_transforming(of_weights(3)))
transform_results = intrinsic(_transforming(of_results(4), adding=True))
transform_gradients = intrinsic(_transforming(of_weights(4)))
transform_weight_results = intrinsic(_transforming(of_results(3)))
