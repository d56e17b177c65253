"""Transposing between runs of elements, one in each of LANES places, and vectors that hold one element of each run.

Addresses and offsets are in bytes; nothing checks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernels.cpu.jit import intrinsic
from engine.kernels.cpu.vectors import BYTES, LANES


class _Block:
    """What is written for LLVM of a block of LANES vectors."""

    def __init__(self, builder: Any) -> None:
        # Late, for start-up: this runs while Numba compiles.
        from llvmlite import ir
        from numba.core import cgutils

        self.ir, self.builder, self.cgutils = ir, builder, cgutils
        self.wide, self.index, self.truth = ir.IntType(64), ir.IntType(32), ir.IntType(1)
        self.vector = ir.VectorType(ir.FloatType(), LANES)

    def entry(self, table: Any, number: int) -> Any:
        """One of a table of int64."""
        place = self.builder.add(table, self.wide(number * 8))
        return self.builder.load(self.builder.inttoptr(place, self.wide.as_pointer()))

    def load(self, address: Any) -> Any:
        loaded = self.builder.load(self.builder.inttoptr(address, self.vector.as_pointer()))
        loaded.align = BYTES
        return loaded

    def store(self, value: Any, address: Any) -> None:
        stored = self.builder.store(value, self.builder.inttoptr(address, self.vector.as_pointer()))
        stored.align = BYTES

    def places(self, numbers: list[int]) -> Any:
        return self.ir.Constant(self.ir.VectorType(self.index, len(numbers)), numbers)

    def within(self, count: Any) -> Any:
        """Which lanes are the first `count`."""
        undefined = self.ir.Constant(self.ir.VectorType(self.index, LANES), self.ir.Undefined)
        first = self.builder.insert_element(undefined, self.builder.trunc(count, self.index), self.index(0))
        limit = self.builder.shuffle_vector(first, first, self.places([0] * LANES))
        return self.builder.icmp_signed("<", self.places(list(range(LANES))), limit)

    def masked(self, name: str, result: Any, kinds: list[Any]) -> Any:
        name = f"llvm.masked.{name}.v{LANES}f32.p0"
        return self.cgutils.get_or_insert_function(self.builder.module, self.ir.FunctionType(result, kinds), name)

    def load_first(self, address: Any, count: Any) -> Any:
        """The first `count` elements, then zeros; what lies behind is not touched."""
        pointer, mask = self.vector.as_pointer(), self.ir.VectorType(self.truth, LANES)
        function = self.masked("load", self.vector, [pointer, self.index, mask, self.vector])
        zeros = self.ir.Constant(self.vector, [0.0] * LANES)
        arguments = [self.builder.inttoptr(address, pointer), self.index(BYTES), self.within(count), zeros]
        return self.builder.call(function, arguments)

    def store_first(self, value: Any, address: Any, count: Any) -> None:
        pointer, mask = self.vector.as_pointer(), self.ir.VectorType(self.truth, LANES)
        function = self.masked("store", self.ir.VoidType(), [self.vector, pointer, self.index, mask])
        self.builder.call(
            function, [value, self.builder.inttoptr(address, pointer), self.index(BYTES), self.within(count)]
        )

    def transposed(self, block: list[Any]) -> list[Any]:
        """Element k of vector i as element i of vector k."""
        span = 1
        while span < LANES:
            following = list(block)
            low = [place if not place & span else place - span + LANES for place in range(LANES)]
            high = [place + span if not place & span else place + LANES for place in range(LANES)]
            for number in range(LANES):
                if not number & span:
                    pair = block[number], block[number + span]
                    following[number] = self.builder.shuffle_vector(*pair, self.places(low))
                    following[number + span] = self.builder.shuffle_vector(*pair, self.places(high))
            block = following
            span *= 2
        return block


def _spreading(whole: bool) -> Callable[..., Any]:
    """LANES elements of each run, the runs at `addresses` + offset, as vectors at `target` + `places`.

    Of run i only the first `counts[i]` - done elements exist; the others are zeros.
    """

    def spread_runs(typing: Any, addresses: Any, offset: Any, counts: Any, done: Any, target: Any, places: Any) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from numba import types

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            addresses, offset, counts, done, target, places = args
            write = _Block(builder)
            block = []
            for lane in range(LANES):
                begin = builder.add(write.entry(addresses, lane), offset)
                left = None if whole else builder.sub(write.entry(counts, lane), done)
                block.append(write.load(begin) if whole else write.load_first(begin, left))
            for number, each in enumerate(write.transposed(block)):
                write.store(each, builder.add(target, write.entry(places, number)))
            return context.get_dummy_value()

        return types.void(*[types.intp] * 6), generate

    return spread_runs


def _collecting(whole: bool) -> Callable[..., Any]:
    """Vectors at `source` + `places` as LANES elements of each run, the runs at `addresses` + offset.

    Of run i only the first `counts[i]` - done elements exist; nothing is written beside them.
    """

    def collect_runs(typing: Any, source: Any, places: Any, addresses: Any, offset: Any, counts: Any, done: Any) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from numba import types

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            source, places, addresses, offset, counts, done = args
            write = _Block(builder)
            block = [write.load(builder.add(source, write.entry(places, number))) for number in range(LANES)]
            for lane, each in enumerate(write.transposed(block)):
                begin = builder.add(write.entry(addresses, lane), offset)
                if whole:
                    write.store(each, begin)
                else:
                    write.store_first(each, begin, builder.sub(write.entry(counts, lane), done))
            return context.get_dummy_value()

        return types.void(*[types.intp] * 6), generate

    return collect_runs


spread_whole = intrinsic(_spreading(True))
spread_part = intrinsic(_spreading(False))
collect_whole = intrinsic(_collecting(True))
collect_part = intrinsic(_collecting(False))
