"""Adding and counting at positions that may repeat, for all dtypes on both kinds of device."""

from __future__ import annotations

from typing import Any

from engine.backend.dtype import bfloat16
from engine.backend.namespace import on_host, xp

ATOMIC = ("int32", "float16", "float32", "float64")


def add_at(array: Any, positions: Any, values: Any) -> None:
    """Add values to the elements at `positions`, each as often as it is named.

    On the CPU in order; on a GPU in any order, so that sums of floating numbers may round differently from run to run.
    Sums of bfloat16 are made in float32 and rounded once.
    """
    if array.dtype.name in ATOMIC or (on_host(array) and array.dtype != bfloat16.numpy):
        xp(array).add.at(array, positions, values)
    elif array.dtype.name == "int64":
        # A GPU adds 64 bits only without a sign, which in two's complement gives the same bits.
        xp(array).add.at(array.view("uint64"), positions, values.astype("int64", copy=False).view("uint64"))
    elif array.dtype.kind == "c":
        add_at(array.real, positions, values.real)
        add_at(array.imag, positions, values.imag)
    else:
        kind = "int32" if array.dtype.kind in "biu" else "float32"
        wide = array.astype(kind)
        xp(array).add.at(wide, positions, values.astype(kind))
        array[...] = wide.astype(array.dtype)


def counted(numbers: Any, length: int) -> Any:
    """How often each whole number from 0 to `length` - 1 comes in a vector; larger ones are not allowed."""
    if on_host(numbers):
        return xp(numbers).bincount(numbers, minlength=length).astype("int64", copy=False)
    # CuPy's own would wait to look for the largest number.
    counts = xp(numbers).zeros(length, "int64")
    add_at(counts, numbers, xp(numbers).ones(numbers.shape, "int64"))
    return counts
