"""The product of a recurrent step: a few rows of states, wherever each lies, times a weight packed once a sequence.

Rows depend on nothing but themselves, and each sum is added up along the depth in one order: how a batch is cut into
rows changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernels.cpu.jit import compiled, intrinsic
from engine.kernels.cpu.vectors import BYTES, COLUMNS, LANES

# Batches are most often multiples of so many rows, and two threads share 64 rows without one that is computed in vain.
ROWS = {16: 8, 8: 4, 4: 4}[LANES]
_UNROLLED = 4


def _multiplying(rows: int, vectors: int, lanes: int) -> Callable[..., Any]:
    """A tile of a product, its sums in registers, its left rows at `rows` addresses, its right columns packed."""

    def multiply_tile(typing: Any, addresses: Any, right: Any, target: Any, target_stride: Any, depth: Any) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir
        from numba import types
        from numba.core import cgutils

        single, wide, index = ir.FloatType(), ir.IntType(64), ir.IntType(32)
        vector = ir.VectorType(single, lanes)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            addresses, right, target, target_stride, depth = args
            fused = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{lanes}f32"
            )
            table = builder.inttoptr(addresses, wide.as_pointer())
            lefts = [
                builder.inttoptr(builder.load(builder.gep(table, [index(row)])), single.as_pointer())
                for row in range(rows)
            ]
            panel = builder.inttoptr(right, vector.as_pointer())
            nothing = ir.Constant(vector, [0.0] * lanes)
            sums = [[cgutils.alloca_once_value(builder, nothing) for _ in range(vectors)] for _ in range(rows)]

            def add_products(place: Any) -> None:
                factors = []
                for number in range(vectors):
                    offset = builder.add(builder.mul(place, wide(vectors)), wide(number))
                    loaded = builder.load(builder.gep(panel, [offset]))
                    loaded.align = BYTES
                    factors.append(loaded)
                for left, row in zip(lefts, sums, strict=True):
                    value = builder.load(builder.gep(left, [place]))
                    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, index(0))
                    spread = builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(index, lanes), [0] * lanes))
                    for factor, each in zip(factors, row, strict=True):
                        builder.store(builder.call(fused, [spread, factor, builder.load(each)]), each)

            whole = builder.mul(builder.sdiv(depth, wide(_UNROLLED)), wide(_UNROLLED))
            with cgutils.for_range_slice(builder, wide(0), whole, wide(_UNROLLED), wide) as (place, _):
                for step in range(_UNROLLED):
                    add_products(builder.add(place, wide(step)))
            with cgutils.for_range_slice(builder, whole, depth, wide(1), wide) as (place, _):
                add_products(place)
            for row in sums:
                for number, each in enumerate(row):
                    where = builder.add(target, wide(number * lanes * BYTES))
                    stored = builder.store(builder.load(each), builder.inttoptr(where, vector.as_pointer()))
                    stored.align = BYTES
                target = builder.add(target, target_stride)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 5), generate

    return multiply_tile


multiply_tile = intrinsic(_multiplying(ROWS, COLUMNS // LANES, LANES))


@compiled
def multiply_states(addresses: Any, right: int, columns: int, depth: int, target: Any) -> None:
    """Target = the rows at these addresses, a multiple of ROWS, times [depth, columns] packed.

    The target has room for whole panels of columns.
    """
    stride = target.strides[0]
    for first in range(0, columns, COLUMNS):
        panel = right + first * depth * BYTES
        for top in range(0, addresses.size, ROWS):
            multiply_tile(
                addresses[top:].ctypes.data,
                panel,
                target[top:].ctypes.data + first * BYTES,
                stride,
                depth,
            )
