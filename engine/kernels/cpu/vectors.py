"""Vectors of float32 where loops do not lead Numba to them: the tile of a matrix product, and transposing.

Addresses and strides are in bytes; nothing checks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.backend.processor import processor
from engine.kernels.cpu.jit import intrinsic


def _shape_of_tile() -> tuple[int, int, int]:
    """Lanes of a vector, rows of a tile, vectors in its row: as many sums as there are registers for."""
    features = processor().features
    if "avx512f" in features:
        return 16, 13, 2
    if "avx2" in features:
        return 8, 6, 2
    return 4, 4, 4


LANES, ROWS, _VECTORS = _shape_of_tile()
COLUMNS = LANES * _VECTORS
BYTES = 4
# Depth is walked in steps of so many, to spare the loop.
_UNROLLED = 4


def _multiplying(rows: int, vectors: int, lanes: int) -> Callable[..., Any]:
    """A tile of a product: `rows` by `vectors` · `lanes` sums that stay in registers over the whole depth."""

    def multiply_tile(
        typing: Any,
        left: Any,
        right: Any,
        target: Any,
        depth: Any,
        target_stride: Any,
        start: Any,
        start_stride: Any,
        lowest: Any,
    ) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir
        from numba import types
        from numba.core import cgutils

        single, wide = ir.FloatType(), ir.IntType(64)
        vector = ir.VectorType(single, lanes)

        def constant(value: int) -> Any:
            return ir.Constant(wide, value)

        def load(builder: Any, address: Any, kind: Any) -> Any:
            loaded = builder.load(builder.inttoptr(address, kind.as_pointer()))
            loaded.align = BYTES
            return loaded

        def spread(builder: Any, value: Any) -> Any:
            first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
            everywhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
            return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), everywhere)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            left, right, target, depth, target_stride, start, start_stride, lowest = args
            fused = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{lanes}f32"
            )
            sums = [[cgutils.alloca_once(builder, vector) for _ in range(vectors)] for _ in range(rows)]
            place = start
            for row in sums:
                for number, each in enumerate(row):
                    builder.store(load(builder, builder.add(place, constant(number * lanes * BYTES)), vector), each)
                place = builder.add(place, start_stride)
            at_left, at_right = cgutils.alloca_once_value(builder, left), cgutils.alloca_once_value(builder, right)

            def add_products(step: int, lefts: Any, rights: Any) -> None:
                factors = [
                    load(builder, builder.add(rights, constant((step * vectors + number) * lanes * BYTES)), vector)
                    for number in range(vectors)
                ]
                for number, row in enumerate(sums):
                    address = builder.add(lefts, constant((step * rows + number) * BYTES))
                    factor = spread(builder, load(builder, address, single))
                    for other, each in zip(factors, row, strict=True):
                        builder.store(builder.call(fused, [factor, other, builder.load(each)]), each)

            def walk(count: Any, steps: int) -> None:
                with cgutils.for_range(builder, count, intp=wide):
                    lefts, rights = builder.load(at_left), builder.load(at_right)
                    for step in range(steps):
                        add_products(step, lefts, rights)
                    builder.store(builder.add(lefts, constant(BYTES * rows * steps)), at_left)
                    builder.store(builder.add(rights, constant(BYTES * vectors * lanes * steps)), at_right)

            walk(builder.sdiv(depth, constant(_UNROLLED)), _UNROLLED)
            walk(builder.srem(depth, constant(_UNROLLED)), 1)
            floor, place = spread(builder, lowest), target
            for row in sums:
                for number, each in enumerate(row):
                    value = builder.load(each)
                    # NaN is not below anything, and stays.
                    value = builder.select(builder.fcmp_ordered("<", value, floor), floor, value)
                    address = builder.add(place, constant(number * lanes * BYTES))
                    stored = builder.store(value, builder.inttoptr(address, vector.as_pointer()))
                    stored.align = BYTES
                place = builder.add(place, target_stride)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 7, types.float32), generate

    return multiply_tile


def _transposing(rows: int, lanes: int, target_stride: int) -> Callable[..., Any]:
    """`lanes` float32 from each of `rows` places, transposed: element k of row i goes to k · target_stride + i.

    Whole vectors are stored: what lies behind the last row of the target is overwritten.
    """

    def transpose_rows(typing: Any, addresses: Any, offset: Any, target: Any) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir
        from numba import types

        single, wide, index = ir.FloatType(), ir.IntType(64), ir.IntType(32)
        vector = ir.VectorType(single, lanes)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            addresses, offset, target = args
            table = builder.inttoptr(addresses, wide.as_pointer())
            block = []
            for number in range(lanes):
                if number >= rows:
                    block.append(ir.Constant(vector, [0.0] * lanes))
                    continue
                address = builder.load(builder.gep(table, [ir.Constant(index, number)]))
                source = builder.inttoptr(builder.add(address, offset), vector.as_pointer())
                loaded = builder.load(source)
                loaded.align = BYTES
                block.append(loaded)

            def mixed(first: Any, second: Any, places: list[int]) -> Any:
                return builder.shuffle_vector(first, second, ir.Constant(ir.VectorType(index, lanes), places))

            span = 1
            while span < lanes:
                following = list(block)
                for number in range(lanes):
                    if number & span:
                        continue
                    first, second = block[number], block[number + span]
                    low = [place if not place & span else place - span + lanes for place in range(lanes)]
                    high = [place + span if not place & span else place + lanes for place in range(lanes)]
                    following[number] = mixed(first, second, low)
                    following[number + span] = mixed(first, second, high)
                block = following
                span *= 2
            for number, each in enumerate(block):
                place = builder.add(target, ir.Constant(wide, number * target_stride * BYTES))
                stored = builder.store(each, builder.inttoptr(place, vector.as_pointer()))
                stored.align = BYTES
            return context.get_dummy_value()

        return types.void(*[types.intp] * 3), generate

    return transpose_rows


def _copying(count: int) -> Callable[..., Any]:
    """`count` float32 from one place to another."""

    def copy_run(typing: Any, source: Any, target: Any) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir
        from numba import types

        run = ir.VectorType(ir.FloatType(), count)

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            loaded = builder.load(builder.inttoptr(args[0], run.as_pointer()))
            loaded.align = BYTES
            stored = builder.store(loaded, builder.inttoptr(args[1], run.as_pointer()))
            stored.align = BYTES
            return context.get_dummy_value()

        return types.void(types.intp, types.intp), generate

    return copy_run


multiply_tile = intrinsic(_multiplying(ROWS, _VECTORS, LANES))
transpose_left = intrinsic(_transposing(ROWS, LANES, ROWS))
transpose_right = intrinsic(_transposing(LANES, LANES, COLUMNS))
copy_left = intrinsic(_copying(ROWS))
copy_right = intrinsic(_copying(COLUMNS))
copy_vector = intrinsic(_copying(LANES))


@intrinsic
def load_single(typing: Any, address: Any) -> Any:
    """The float32 at an address."""
    # Late, for start-up: this runs while Numba compiles.
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        loaded = builder.load(builder.inttoptr(args[0], ir.FloatType().as_pointer()))
        loaded.align = BYTES
        return loaded

    return types.float32(types.intp), generate


@intrinsic
def store_single(typing: Any, address: Any, value: Any) -> Any:
    """Write a float32 to an address."""
    # Late, for start-up: this runs while Numba compiles.
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        stored = builder.store(args[1], builder.inttoptr(args[0], ir.FloatType().as_pointer()))
        stored.align = BYTES
        return context.get_dummy_value()

    return types.void(types.intp, types.float32), generate
