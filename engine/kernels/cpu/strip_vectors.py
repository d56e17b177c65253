"""Transposing between runs of elements, one in each of LANES places, and vectors that hold one element of each run.

Addresses and offsets are in bytes; nothing checks them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.kernels.cpu.jit import intrinsic
from engine.kernels.cpu.vector_writer import VectorWriter, called
from engine.kernels.cpu.vectors import LANES


def _spreading(whole: bool) -> Callable[..., Any]:
    """LANES elements of each run, the runs at `addresses` + offset, as vectors at `target` + `places`.

    Of run i only the first `counts[i]` - done elements exist; the others are zeros.
    """

    def body(write: VectorWriter, args: Any) -> None:
        addresses, offset, counts, done, target, places = args
        block = []
        for lane in range(LANES):
            begin = write.builder.add(write.entry(addresses, lane), offset)
            if whole:
                block.append(write.load(begin))
            else:
                block.append(write.load_first(begin, write.builder.sub(write.entry(counts, lane), done)))
        for number, each in enumerate(write.transposed(block)):
            write.store(each, write.builder.add(target, write.entry(places, number)))

    def spread_runs(typing: Any, addresses: Any, offset: Any, counts: Any, done: Any, target: Any, places: Any) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from numba import types

        return types.void(*[types.intp] * 6), called(f"spread.{whole}", body)

    return spread_runs


def _collecting(whole: bool) -> Callable[..., Any]:
    """Vectors at `source` + `places` as LANES elements of each run, the runs at `addresses` + offset.

    Of run i only the first `counts[i]` - done elements exist; nothing is written beside them.
    """

    def body(write: VectorWriter, args: Any) -> None:
        source, places, addresses, offset, counts, done = args
        block = [write.load(write.builder.add(source, write.entry(places, number))) for number in range(LANES)]
        for lane, each in enumerate(write.transposed(block)):
            begin = write.builder.add(write.entry(addresses, lane), offset)
            if whole:
                write.store(each, begin)
            else:
                write.store_first(each, begin, write.builder.sub(write.entry(counts, lane), done))

    def collect_runs(typing: Any, source: Any, places: Any, addresses: Any, offset: Any, counts: Any, done: Any) -> Any:
        # Late, for start-up: this runs while Numba compiles.
        from numba import types

        return types.void(*[types.intp] * 6), called(f"collect.{whole}", body)

    return collect_runs


spread_whole = intrinsic(_spreading(True))
spread_part = intrinsic(_spreading(False))
collect_whole = intrinsic(_collecting(True))
collect_part = intrinsic(_collecting(False))
