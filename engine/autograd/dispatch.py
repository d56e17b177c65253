"""The one chooser between an op's fast kernels and its reference, and the one calling convention of kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.autograd.modes import ModeState
from engine.autograd.spec import Spec
from engine.backend.device import device
from engine.backend.dtype import as_dtype
from engine.backend.namespace import namespace_of


def _accepts_all(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    return True


def _no_scratch(inputs: tuple[Spec | Any, ...], attributes: tuple[Any, ...]) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Kernel:
    """A fast form of an op: `function(outputs, inputs, attributes, scratch)` fills outputs and allocates nothing.

    Inputs are what the op's input parameters were given, cast to the common type: arrays of any layout, tuples of them,
    numbers, None; attributes are its other arguments. `accepts(inputs, attributes)` says whether dtypes, strides and
    sizes suit the kernel; `scratch(inputs, attributes)` gives the bytes that it needs, which it finds uninitialised.
    `overwrites` lists the (output, input) pairs that may be the same array; `strided` says that outputs may lie in
    memory in any way, where others are C-contiguous and aligned. No array outlives the call.
    """

    function: Callable[[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...], Any], None]
    accepts: Callable[[tuple[Any, ...], tuple[Any, ...]], bool] = _accepts_all
    scratch: Callable[[tuple[Any, ...], tuple[Any, ...]], int] = _no_scratch
    overwrites: tuple[tuple[int, int], ...] = ()
    strided: bool = False


def dispatch(op: Any, where: device, values: tuple[Any, ...], state: ModeState) -> Any:
    """What an op's reference gives of arrays, or a tuple of arrays that a fast kernel filled if one accepts them."""
    if op.kernels and state.kernels == "fast":
        inputs, attributes = split(op, values)
        for kernel in op.kernels.get(where.type, ()):
            if kernel.accepts(inputs, attributes):
                outputs = allocate(op, where, values)
                fill(kernel, where, outputs, inputs, attributes)
                return outputs
    return op.reference(*values)


def split(op: Any, values: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The inputs and the attributes among an op's arguments, each in order."""
    inputs, attributes = op.signature.inputs, op.signature.attributes
    return tuple(values[position] for position in inputs), tuple(values[position] for position in attributes)


def allocate(op: Any, where: device, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Uninitialised arrays for what the shape rule says: the outputs, then the saved intermediates."""
    specs = infer(op, values)
    empty = namespace_of(where).empty
    return tuple(empty(spec.shape, spec.dtype.numpy) for spec in ((specs,) if isinstance(specs, Spec) else specs))


def fill(
    kernel: Kernel, where: device, outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...]
) -> None:
    """Have a kernel fill outputs of any layout: one that is not `strided` fills contiguous copies where it must."""
    empty = namespace_of(where).empty
    plain = outputs
    if not kernel.strided:
        plain = tuple(each if _is_plain(each) else empty(each.shape, each.dtype) for each in outputs)
    kernel.function(plain, inputs, attributes, empty(kernel.scratch(inputs, attributes), "uint8"))
    for output, filled in zip(outputs, plain, strict=True):
        if output is not filled:
            output[...] = filled


def _is_plain(array: Any) -> bool:
    # CuPy's arrays are always aligned and their flags don't say so.
    return bool(array.flags.c_contiguous and getattr(array.flags, "aligned", True))


def infer(op: Any, values: tuple[Any, ...]) -> Any:
    """The Spec of an op's output, or a tuple of them, from arrays or Specs."""
    return op.shape(*[_to_spec(value) for value in values])


def _to_spec(value: Any) -> Any:
    if isinstance(value, Spec):
        return value
    if isinstance(value, tuple) and value and hasattr(value[0], "dtype"):
        return tuple(_to_spec(each) for each in value)
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return Spec(tuple(value.shape), as_dtype(value.dtype))
    return value
