"""Tiles of convolutions whose sums stay in registers; planes are read where they lie, a vector for each position.

Addresses, offsets and strides are in bytes; nothing checks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.backend.processor import processor
from engine.kernels.cpu.jit import intrinsic
from engine.kernels.cpu.vector_writer import VectorWriter, called
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


def _add(write: VectorWriter, first: Any, second: Any, total: Any) -> None:
    """Add a product to a sum that is kept."""
    write.builder.store(write.multiplied(first, second, write.builder.load(total)), total)


def _multiplying(rows: int, width: int, adding: bool = False) -> Callable[..., Any]:
    """Target[row][position] = start[row] + Σ weights[depth][row] · plane at offsets[depth] + position · step.

    With `adding`, sums start with what is in the target, and `start` says how far the weights of one depth lie from the
    next; else they lie side by side.
    """

    def body(write: VectorWriter, args: Any) -> None:
        weights, plane, step, offsets, depth, start, target, target_stride, target_step = args
        builder = write.builder
        sums = write.variables(rows, width)
        positions, targets = write.multiples(step, width), write.multiples(target_step, width)
        lines = [builder.add(target, distance) for distance in write.multiples(target_stride, rows)]
        for number, (row, line) in enumerate(zip(sums, lines, strict=True)):
            first = None if adding else write.spread(write.load(write.further(start, number * BYTES), write.single))
            for each, distance in zip(row, targets, strict=True):
                builder.store(write.load(builder.add(line, distance)) if adding else first, each)
        at_weights, at_offsets = write.variable(weights), write.variable(offsets)
        strides = write.multiples(start if adding else write.wide(rows * BYTES), _UNROLLED + 1)

        def walk(count: Any, steps: int) -> None:
            with write.times(count):
                weight, offset = builder.load(at_weights), builder.load(at_offsets)
                for number in range(steps):
                    place = builder.add(plane, write.entry(offset, number))
                    seen = [write.load(builder.add(place, position)) for position in positions]
                    factors = builder.add(weight, strides[number])
                    for other, row in enumerate(sums):
                        factor = write.spread(write.load(write.further(factors, other * BYTES), write.single))
                        for each, value in zip(row, seen, strict=True):
                            _add(write, factor, value, each)
                builder.store(builder.add(weight, strides[steps]), at_weights)
                builder.store(write.further(offset, steps * 8), at_offsets)

        walk(builder.sdiv(depth, write.wide(_UNROLLED)), _UNROLLED)
        walk(builder.srem(depth, write.wide(_UNROLLED)), 1)
        for row, line in zip(sums, lines, strict=True):
            for each, distance in zip(row, targets, strict=True):
                write.store(builder.load(each), builder.add(line, distance))

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

        return types.void(*[types.intp] * 9), called(f"multiply.{rows}.{width}.{adding}", body)

    return multiply_positions


def _correlating(rows: int, shifts: int) -> Callable[..., Any]:
    """Target[row][shift] += Σ gradient[row] · plane at offsets[shift], over a rectangle of positions."""

    def body(write: VectorWriter, args: Any) -> None:
        gradient, gradient_stride, plane, row_step, column_step, offsets, height, width, target, target_stride = args
        builder = write.builder
        sums = write.variables(rows, shifts)
        for each in (each for row in sums for each in row):
            builder.store(write.constant(0.0), each)
        lefts = [builder.add(gradient, distance) for distance in write.multiples(gradient_stride, rows)]
        rights = [builder.add(plane, write.entry(offsets, shift)) for shift in range(shifts)]
        at_left, at_right = write.variable(write.wide(0)), write.variable(write.wide(0))
        with write.times(height) as down:
            builder.store(builder.mul(down.index, row_step), at_right)
            with write.times(width):
                left, right = builder.load(at_left), builder.load(at_right)
                factors = [write.load(builder.add(each, left)) for each in lefts]
                for shift, begin in enumerate(rights):
                    seen = write.load(builder.add(begin, right))
                    for row, factor in zip(sums, factors, strict=True):
                        _add(write, factor, seen, row[shift])
                builder.store(write.further(left, LANES * BYTES), at_left)
                builder.store(builder.add(right, column_step), at_right)
        for row, distance in zip(sums, write.multiples(target_stride, rows), strict=True):
            for shift, each in enumerate(row):
                place = write.further(builder.add(target, distance), shift * BYTES)
                total = write.summed(builder.load(each))
                write.store(builder.fadd(write.load(place, write.single), total), place)

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

        return types.void(*[types.intp] * 10), called(f"correlate.{rows}.{shifts}", body)

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
