"""The one calling convention of kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def _accepts_all(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    return True


def _no_scratch(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Kernel:
    """A fast form of an op: `function(outputs, inputs, attributes, scratch)` fills outputs and allocates nothing.

    Inputs are what the op's input parameters were given, cast to the common type: arrays of any layout, tuples of them,
    numbers, None; attributes are its other arguments. `accepts(inputs, attributes)` says whether dtypes, strides and
    sizes suit the kernel; it is not asked where no input has `least` elements. `scratch(inputs, attributes)` gives the
    bytes that it needs, which it finds uninitialised. `overwrites` lists the (output, input) pairs that may be the same
    array; `strided` says that outputs may lie in memory in any way, where others are C-contiguous and aligned. No
    array outlives the call. A `fixed` kernel does nothing with values but by compiled functions that return nothing,
    whose arguments follow from addresses, shapes and attributes alone: they can be called again without it. An `exact`
    one gives the bits of the reference, so that a replay may use it below `least` too.
    """

    function: Callable[[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...], Any], None]
    accepts: Callable[[tuple[Any, ...], tuple[Any, ...]], bool] = _accepts_all
    scratch: Callable[[tuple[Any, ...], tuple[Any, ...]], int] = _no_scratch
    overwrites: tuple[tuple[int, int], ...] = ()
    strided: bool = False
    least: int = 0
    fixed: bool = False
    exact: bool = False
