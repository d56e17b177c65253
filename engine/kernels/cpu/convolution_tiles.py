"""Tiles of convolutions whose sums stay in registers; planes are read where they lie, a vector for each position.

Addresses, offsets and strides are in bytes; nothing checks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.backend.processor import processor
from engine.kernels.cpu.jit import intrinsic
from engine.kernels.cpu.vectors import BYTES, LANES

# Rows of a tile, and how many positions it has at most: as many sums as there are registers for.
_MANY_REGISTERS = "avx512f" in processor().features
TALL, TALL_WIDTH = (8, 3) if _MANY_REGISTERS else (4, 3)
SHORT, SHORT_WIDTH = (4, 6) if _MANY_REGISTERS else (2, 5)
SINGLE_WIDTH = 8
# Rows and shifts of a tile of a gradient in the weight.
GRADIENTS, SHIFTS = (4, 6) if _MANY_REGISTERS else (3, 4)
# The depth of a product is walked in steps of so many, to spare the loop.
_UNROLLED = 2


class _Writer:
    """What the tiles write for LLVM."""

    def __init__(self, builder: Any) -> None:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir
        from numba.core import cgutils

        self.ir, self.builder, self.cgutils = ir, builder, cgutils
        self.single, self.wide = ir.FloatType(), ir.IntType(64)
        self.vector = ir.VectorType(self.single, LANES)

    def further(self, address: Any, distance: int) -> Any:
        return self.builder.add(address, self.wide(distance)) if distance else address

    def multiples(self, step: Any, count: int) -> list[Any]:
        """Zero, step, 2 · step, and so on."""
        return [self.builder.mul(step, self.wide(number)) for number in range(count)]

    def load(self, address: Any, kind: Any) -> Any:
        loaded = self.builder.load(self.builder.inttoptr(address, kind.as_pointer()))
        loaded.align = BYTES
        return loaded

    def store(self, value: Any, address: Any) -> None:
        stored = self.builder.store(value, self.builder.inttoptr(address, value.type.as_pointer()))
        stored.align = BYTES

    def spread(self, value: Any) -> Any:
        undefined = self.ir.Constant(self.vector, self.ir.Undefined)
        index = self.ir.IntType(32)
        first = self.builder.insert_element(undefined, value, index(0))
        everywhere = self.ir.Constant(self.ir.VectorType(index, LANES), [0] * LANES)
        return self.builder.shuffle_vector(first, undefined, everywhere)

    def function(self, name: str, result: Any, arguments: list[Any]) -> Any:
        return self.cgutils.get_or_insert_function(self.builder.module, self.ir.FunctionType(result, arguments), name)

    def multiply_add(self, first: Any, second: Any, sum: Any) -> None:
        """Add a product to a sum that is kept."""
        fused = self.function(f"llvm.fma.v{LANES}f32", self.vector, [self.vector] * 3)
        self.builder.store(self.builder.call(fused, [first, second, self.builder.load(sum)]), sum)

    def sums(self, rows: int, columns: int) -> list[list[Any]]:
        return [[self.cgutils.alloca_once(self.builder, self.vector) for _ in range(columns)] for _ in range(rows)]


def _multiplying(rows: int, width: int, adding: bool = False) -> Callable[..., Any]:
    """Target[row][position] = start[row] + Σ weights[depth][row] · plane at offsets[depth] + position · step.

    With `adding`, sums start with what is in the target, and `start` says how far the weights of one depth lie from the
    next; else they lie side by side.
    """

    def multiply_positions(
        typing: Any,
        weights: Any,
        plane: Any,
        step: Any,
        offsets: Any,
        depth: Any,
        start: Any,
        target: Any,
        target_stride: Any,
        target_step: Any,
    ) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from numba import types

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            weights, plane, step, offsets, depth, start, target, target_stride, target_step = args
            write = _Writer(builder)
            sums = write.sums(rows, width)
            positions = write.multiples(step, width)
            targets = write.multiples(target_step, width)
            place = target
            for number, row in enumerate(sums):
                first = None if adding else write.load(write.further(start, number * BYTES), write.single)
                for each, distance in zip(row, targets, strict=True):
                    begin = write.load(builder.add(place, distance), write.vector) if adding else write.spread(first)
                    builder.store(begin, each)
                place = builder.add(place, target_stride)
            at_weights = write.cgutils.alloca_once_value(builder, weights)
            at_offsets = write.cgutils.alloca_once_value(builder, offsets)
            strides = write.multiples(start if adding else write.wide(rows * BYTES), _UNROLLED + 1)

            def walk(count: Any, steps: int) -> None:
                with write.cgutils.for_range(builder, count, intp=write.wide):
                    weight, offset = builder.load(at_weights), builder.load(at_offsets)
                    for number in range(steps):
                        place = builder.add(plane, write.load(write.further(offset, number * 8), write.wide))
                        seen = [write.load(builder.add(place, position), write.vector) for position in positions]
                        factors = builder.add(weight, strides[number])
                        for other, row in enumerate(sums):
                            single = write.load(write.further(factors, other * BYTES), write.single)
                            factor = write.spread(single)
                            for each, value in zip(row, seen, strict=True):
                                write.multiply_add(factor, value, each)
                    builder.store(builder.add(weight, strides[steps]), at_weights)
                    builder.store(write.further(offset, steps * 8), at_offsets)

            walk(builder.sdiv(depth, write.wide(_UNROLLED)), _UNROLLED)
            walk(builder.srem(depth, write.wide(_UNROLLED)), 1)
            place = target
            for row in sums:
                for each, distance in zip(row, targets, strict=True):
                    write.store(builder.load(each), builder.add(place, distance))
                place = builder.add(place, target_stride)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 9), generate

    return multiply_positions


def _correlating(rows: int, shifts: int) -> Callable[..., Any]:
    """Target[row][shift] += Σ gradient[row] · plane at offsets[shift], over a rectangle of positions."""

    def correlate_positions(
        typing: Any,
        gradient: Any,
        gradient_stride: Any,
        plane: Any,
        row_step: Any,
        column_step: Any,
        offsets: Any,
        height: Any,
        width: Any,
        target: Any,
        target_stride: Any,
    ) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from numba import types

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            gradient, gradient_stride, plane, row_step, column_step, offsets = args[:6]
            height, width, target, target_stride = args[6:]
            write = _Writer(builder)
            sums = write.sums(rows, shifts)
            zero = write.ir.Constant(write.vector, [0.0] * LANES)
            for each in (each for row in sums for each in row):
                builder.store(zero, each)
            lefts = [builder.add(gradient, distance) for distance in write.multiples(gradient_stride, rows)]
            rights = [
                builder.add(plane, write.load(write.further(offsets, shift * 8), write.wide)) for shift in range(shifts)
            ]
            at_left = write.cgutils.alloca_once_value(builder, write.wide(0))
            with write.cgutils.for_range(builder, height, intp=write.wide) as down:
                at_right = write.cgutils.alloca_once(builder, write.wide)
                builder.store(builder.mul(down.index, row_step), at_right)
                with write.cgutils.for_range(builder, width, intp=write.wide):
                    left, right = builder.load(at_left), builder.load(at_right)
                    factors = [write.load(builder.add(each, left), write.vector) for each in lefts]
                    for shift, begin in enumerate(rights):
                        seen = write.load(builder.add(begin, right), write.vector)
                        for row, factor in zip(sums, factors, strict=True):
                            write.multiply_add(factor, seen, row[shift])
                    builder.store(write.further(left, LANES * BYTES), at_left)
                    builder.store(builder.add(right, column_step), at_right)
            summed = write.function(f"llvm.vector.reduce.fadd.v{LANES}f32", write.single, [write.single, write.vector])
            for row, distance in zip(sums, write.multiples(target_stride, rows), strict=True):
                for shift, each in enumerate(row):
                    place = write.further(builder.add(target, distance), shift * BYTES)
                    arguments = [write.single(0.0), builder.load(each)]
                    total = builder.call(summed, arguments, fastmath=("reassoc",))
                    write.store(builder.fadd(write.load(place, write.single), total), place)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 10), generate

    return correlate_positions


multiply_tall = intrinsic(_multiplying(TALL, TALL_WIDTH))
multiply_tall_pair = intrinsic(_multiplying(TALL, 2))
multiply_tall_one = intrinsic(_multiplying(TALL, 1))
add_tall = intrinsic(_multiplying(TALL, TALL_WIDTH, adding=True))
add_tall_pair = intrinsic(_multiplying(TALL, 2, adding=True))
add_tall_one = intrinsic(_multiplying(TALL, 1, adding=True))
multiply_short = intrinsic(_multiplying(SHORT, SHORT_WIDTH))
multiply_short_one = intrinsic(_multiplying(SHORT, 1))
multiply_single = intrinsic(_multiplying(1, SINGLE_WIDTH))
multiply_single_one = intrinsic(_multiplying(1, 1))
correlate_tile = intrinsic(_correlating(GRADIENTS, SHIFTS))
correlate_single = intrinsic(_correlating(1, SHIFTS))
