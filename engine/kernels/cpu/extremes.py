"""The largest of numbers, by loops that are vectorised."""

from __future__ import annotations

from typing import Any

from engine.kernels.cpu.jit import inlined, intrinsic


@intrinsic
def larger(typing_context: Any, x: Any, y: Any) -> Any:
    """max(x, y) of two float32, NaN if one of them is."""
    # Late, for start-up: this runs while Numba compiles.
    from llvmlite import ir
    from numba.core import types

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = ir.FloatType()
        kind = ir.FunctionType(number, [number] * 2)
        return builder.call(builder.module.declare_intrinsic("llvm.maximum", [number], kind), args)

    return types.float32(types.float32, types.float32), codegen


@inlined
def highest_of(row: Any) -> Any:
    """The largest of one or more float32, NaN if one of them is."""
    highest = row[0]
    for i in range(row.size):
        highest = larger(highest, row[i])
    return highest
