"""An op of the tests' own, with kernels over NumPy, for what is to be seen of kernels before any op has one."""

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.op import OPS, Op, op
from engine.autograd.signature import Array, Number
from engine.autograd.spec import broadcast
from engine.kernels.kernel import Kernel

THRESHOLD = 32


def make_blend() -> Op:
    """A new op without kernels, which the table of all ops does not know."""
    made = op(shape=broadcast)(blend)
    made.gradient(
        input=lambda g, weight: g * (1 - weight),
        other=lambda g, weight: g * weight,
    )
    del OPS[made.name]
    return made


def blend(input: Array | Number, other: Array | Number, weight: float = 0.5) -> Any:
    """`input + weight * (other - input)`."""
    return input + weight * (other - input)


def large_only(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    """Two contiguous arrays of one shape, from THRESHOLD elements."""
    first, second = inputs
    return (
        isinstance(first, np.ndarray)
        and isinstance(second, np.ndarray)
        and first.shape == second.shape
        and first.size >= THRESHOLD
        and bool(first.flags.c_contiguous and second.flags.c_contiguous)
    )


def room_for_difference(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> int:
    """The bytes of one array."""
    return int(inputs[0].nbytes)


def with_scratch(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    """The difference in scratch memory, then the sum."""
    (output,), (first, second), (weight,) = outputs, inputs, attributes
    difference = scratch.view(first.dtype).reshape(first.shape)
    np.subtract(second, first, out=difference)
    np.multiply(difference, weight, out=difference)
    np.add(first, difference, out=output)


def strided(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    """The difference where the result goes: any layout, no scratch."""
    (output,), (first, second), (weight,) = outputs, inputs, attributes
    np.subtract(second, first, out=output)
    np.multiply(output, weight, out=output)
    np.add(first, output, out=output)


LARGE = Kernel(with_scratch, large_only, room_for_difference, overwrites=((0, 0), (0, 1)))
STRIDED = Kernel(strided, strided=True)


class Counting:
    """A kernel's function that counts its calls and keeps what may be asked of them."""

    def __init__(self, function: Callable[..., None] = strided) -> None:
        self.function = function
        self.calls = 0
        self.scratch_bytes: list[int] = []

    def __call__(self, outputs: Any, inputs: Any, attributes: Any, scratch: Any) -> None:
        self.calls += 1
        self.scratch_bytes.append(scratch.nbytes)
        self.function(outputs, inputs, attributes, scratch)
