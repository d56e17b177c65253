"""Vectors of attention: walks down the columns of a tile, row by row, with a number for each column in registers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernels.cpu.jit import intrinsic
from engine.kernels.cpu.vectors import BYTES, COLUMNS, LANES

# `step(builder, row, held)` gives what the row becomes, and what is held after it.
Step = Callable[[Any, Any, Any], tuple[Any, Any]]


def _walking(step: Step, writes: bool) -> Callable[..., Any]:
    """`rows` rows of COLUMNS float32 at `tile`, and as many numbers at `held`, which are read before and written after.

    Addresses are in bytes; nothing checks them.
    """

    def walk_down(typing: Any, tile: Any, rows: Any, held: Any) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir
        from numba import types
        from numba.core import cgutils

        wide = ir.IntType(64)
        vector = ir.VectorType(ir.FloatType(), LANES)
        offsets = [ir.Constant(wide, number * BYTES) for number in range(0, COLUMNS, LANES)]

        def at(builder: Any, address: Any, offset: Any) -> Any:
            return builder.inttoptr(builder.add(address, offset), vector.as_pointer())

        def load(builder: Any, place: Any) -> Any:
            loaded = builder.load(place)
            loaded.align = BYTES
            return loaded

        def store(builder: Any, value: Any, place: Any) -> None:
            stored = builder.store(value, place)
            stored.align = BYTES

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            tile, rows, held = args
            states = [cgutils.alloca_once_value(builder, load(builder, at(builder, held, each))) for each in offsets]
            with cgutils.for_range(builder, rows, intp=wide) as loop:
                begin = builder.add(tile, builder.mul(loop.index, ir.Constant(wide, COLUMNS * BYTES)))
                for state, offset in zip(states, offsets, strict=True):
                    place = at(builder, begin, offset)
                    row, after = step(builder, load(builder, place), builder.load(state))
                    builder.store(after, state)
                    if writes:
                        store(builder, row, place)
            for state, offset in zip(states, offsets, strict=True):
                store(builder, builder.load(state), at(builder, held, offset))
            return context.get_dummy_value()

        return types.void(*[types.intp] * 3), generate

    return walk_down


def _higher(builder: Any, row: Any, held: Any) -> tuple[Any, Any]:
    return row, builder.select(builder.fcmp_ordered(">", row, held), row, held)


def _added(builder: Any, row: Any, held: Any) -> tuple[Any, Any]:
    return row, builder.fadd(held, row)


def _less(builder: Any, row: Any, held: Any) -> tuple[Any, Any]:
    return builder.fsub(row, held), held


def _times(builder: Any, row: Any, held: Any) -> tuple[Any, Any]:
    return builder.fmul(row, held), held


# Held becomes the highest of itself and the rows, NaN left out; the sum of itself and the rows.
raise_down = intrinsic(_walking(_higher, writes=False))
add_down = intrinsic(_walking(_added, writes=False))
# Each row becomes itself minus what is held, or times it.
subtract_down = intrinsic(_walking(_less, writes=True))
multiply_down = intrinsic(_walking(_times, writes=True))


@intrinsic
def load_truth(typing: Any, address: Any) -> Any:
    """The boolean at an address, as 0 or 1."""
    # Late, for start-up: this runs while Numba compiles.
    from llvmlite import ir
    from numba import types

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(builder.inttoptr(args[0], ir.IntType(8).as_pointer()))

    return types.uint8(types.intp), generate
