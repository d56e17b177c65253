"""Max pooling by vectors of windows: rows of images are often too short for loops to become any.

Addresses are in bytes, lengths in elements; nothing checks them. Of equal elements a window takes the first one; NaN is
larger than any number, and of several the last one is taken.
"""

from __future__ import annotations

import math
from typing import Any

from engine.kernels.cpu.jit import intrinsic
from engine.kernels.cpu.vectors import BYTES, LANES


class _Writer:
    """Writes instructions on vectors of one element a window."""

    def __init__(self, builder: Any, count: Any) -> None:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir

        self.ir, self.builder = ir, builder
        self.single, self.truth, self.index, self.wide = ir.FloatType(), ir.IntType(1), ir.IntType(32), ir.IntType(64)
        self.wanted = self.below(count, LANES)

    def vector(self, kind: Any, lanes: int = LANES) -> Any:
        """The type of a vector."""
        return self.ir.VectorType(kind, lanes)

    def line(self, start: int, step: int, lanes: int = LANES) -> Any:
        """The constant vector start, start + step, ..."""
        return self.ir.Constant(self.vector(self.index, lanes), [start + step * lane for lane in range(lanes)])

    def spread(self, value: Any, lanes: int = LANES) -> Any:
        """A vector that holds the value everywhere."""
        kind = self.vector(value.type, lanes)
        alone = self.builder.insert_element(self.ir.Constant(kind, self.ir.Undefined), value, self.index(0))
        return self.builder.shuffle_vector(alone, alone, self.line(0, 0, lanes))

    def short(self, value: Any) -> Any:
        """A length in 32 bits."""
        return self.builder.trunc(value, self.index)

    def below(self, limit: Any, lanes: int) -> Any:
        """Which lanes have numbers below the limit."""
        return self.builder.icmp_signed("<", self.line(0, 1, lanes), self.spread(self.short(limit), lanes))

    def masked(self, name: str, result: Any, args: list[Any]) -> Any:
        """A call of one of LLVM's masked loads and stores."""
        # Late, for start-up: this runs while Numba compiles.
        from numba.core import cgutils

        kind = self.ir.FunctionType(result, [each.type for each in args])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.masked.{name}"), args)

    def store(self, value: Any, address: Any, code: str, size: int) -> None:
        """Write the lanes of the windows that there are."""
        pointer = self.builder.inttoptr(address, value.type.as_pointer())
        self.masked(f"store.v{LANES}{code}.p0", self.ir.VoidType(), [value, pointer, self.index(size), self.wanted])

    def larger(self, candidate: Any, best: Any) -> Any:
        """Where a candidate beats the best so far."""
        isnan = self.builder.fcmp_unordered("uno", candidate, candidate)
        return self.builder.or_(self.builder.fcmp_ordered(">", candidate, best), isnan)

    def results(self, best: Any, place: Any, first: Any, values: Any, places: Any) -> None:
        """Store what was found, the places (int64) counted from `first`."""
        self.store(best, values, "f32", BYTES)
        far = self.builder.sext(place, self.vector(self.wide))
        self.store(self.builder.add(far, self.spread(first)), places, "i64", 2 * BYTES)


@intrinsic
def pool_quarters(typing: Any, top: Any, width: Any, first: Any, values: Any, places: Any, count: Any) -> Any:
    """Up to LANES windows of two by two side by side.

    `top` is the address of the upper row, the lower one lies `width` elements behind it; `first` is added to places.
    """
    # Late, for start-up: this runs while Numba compiles.
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        top, width, first, values, places, count = args
        write = _Writer(builder, count)
        pairs = write.vector(write.single, 2 * LANES)
        nothing = write.ir.Constant(pairs, write.ir.Undefined)
        held = write.below(builder.shl(count, write.wide(1)), 2 * LANES)

        def load(address: Any) -> Any:
            pointer = builder.inttoptr(address, pairs.as_pointer())
            return write.masked(f"load.v{2 * LANES}f32.p0", pairs, [pointer, write.index(BYTES), held, nothing])

        upper, lower = load(top), load(builder.add(top, builder.mul(width, write.wide(BYTES))))
        even, odd, below = write.line(0, 2), write.line(1, 2), write.spread(write.short(width))
        best, place = builder.shuffle_vector(upper, nothing, even), even
        for row, lanes, where in (
            (upper, odd, odd),
            (lower, even, builder.add(even, below)),
            (lower, odd, builder.add(odd, below)),
        ):
            candidate = builder.shuffle_vector(row, nothing, lanes)
            better = write.larger(candidate, best)
            best, place = builder.select(better, candidate, best), builder.select(better, where, place)
        write.results(best, place, first, values, places)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 6), generate


@intrinsic
def pool_windows(
    typing: Any,
    top: Any,
    row_stride: Any,
    kernel_y: Any,
    left: Any,
    step: Any,
    kernel_x: Any,
    spread: Any,
    width: Any,
    first: Any,
    values: Any,
    places: Any,
    count: Any,
) -> Any:
    """Up to LANES windows side by side.

    `top` is the address of the first of `kernel_y` rows, `row_stride` elements from each other, all in the input; the
    first window starts `left` elements from their start, below 0 in the padding, the next ones every `step` elements;
    a window's `kernel_x` elements of each row lie `spread` apart. `first` is added to places in the first row.
    """
    # Late, for start-up: this runs while Numba compiles.
    from numba import types
    from numba.core import cgutils

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        top, row_stride, kernel_y, left, step, kernel_x, spread, width, first, values, places, count = args
        write = _Writer(builder, count)
        steps = builder.mul(write.line(0, 1), write.spread(write.short(step)))
        lefts = builder.add(steps, write.spread(write.short(left)))
        apart, none = write.spread(write.short(spread)), write.line(0, 0)
        inside = builder.select(builder.icmp_signed("<", lefts, none), builder.srem(lefts, apart), lefts)
        inside = builder.select(builder.icmp_signed("<", inside, none), builder.add(inside, apart), inside)
        lowest = write.ir.Constant(write.vector(write.single), [-math.inf] * LANES)
        best, place = cgutils.alloca_once_value(builder, lowest), cgutils.alloca_once_value(builder, inside)
        with cgutils.for_range(builder, kernel_y, intp=write.wide) as over_y:
            down = builder.mul(over_y.index, row_stride)
            with cgutils.for_range(builder, kernel_x, intp=write.wide) as over_x:
                right = builder.mul(over_x.index, spread)
                columns = builder.add(lefts, write.spread(write.short(right)))
                seen = builder.icmp_unsigned("<", columns, write.spread(write.short(width)))
                where = builder.add(columns, write.spread(write.short(down)))
                offsets = builder.shl(
                    builder.sext(where, write.vector(write.wide)),
                    write.ir.Constant(write.vector(write.wide), [2] * LANES),
                )
                pointers = builder.inttoptr(
                    builder.add(offsets, write.spread(top)), write.vector(write.single.as_pointer())
                )
                chosen = builder.and_(seen, write.wanted)
                found = write.masked(
                    f"gather.v{LANES}f32.v{LANES}p0", lowest.type, [pointers, write.index(BYTES), chosen, lowest]
                )
                better = write.larger(found, builder.load(best))
                builder.store(builder.select(better, found, builder.load(best)), best)
                builder.store(builder.select(better, where, builder.load(place)), place)
        write.results(builder.load(best), builder.load(place), first, values, places)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 12), generate
