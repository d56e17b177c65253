"""The one chooser between an op's fast kernels and its reference."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.modes import ModeState
from engine.autograd.spec import Spec
from engine.backend.device import device
from engine.backend.dtype import as_dtype
from engine.backend.namespace import namespace_of
from engine.kernels.kernel import Kernel


def dispatch(op: Any, where: device, values: tuple[Any, ...], state: ModeState) -> Any:
    """What an op's reference gives of arrays, or a tuple of arrays that a fast kernel filled if one accepts them."""
    if op.kernels:
        inputs, attributes = split(op, values)
        kernel = chosen(op, where, inputs, attributes, state)
        if kernel is not None:
            outputs = allocate(op, where, values)
            fill(kernel, where, outputs, inputs, attributes)
            return outputs
    return op.reference(*values)


def chosen(
    op: Any,
    where: device,
    inputs: tuple[Any, ...],
    attributes: tuple[Any, ...],
    state: ModeState,
    least_of_exact: int | None = None,
) -> Kernel | None:
    """The first fast kernel that accepts these arrays; None where the reference is to compute.

    `least_of_exact` is the size from which a kernel is worth its call that gives the bits of the reference.
    """
    if state.kernels == "fast":
        for kernel in op.kernels.get(where.type, ()):
            least = kernel.least
            if kernel.exact and least_of_exact is not None:
                least = min(least, least_of_exact)
            if _enough(inputs, least) and kernel.accepts(inputs, attributes):
                return kernel
    return None


def _enough(inputs: tuple[Any, ...], least: int) -> bool:
    if not least:
        return True
    for each in inputs:
        if each.__class__ is np.ndarray:
            if each.size >= least:
                return True
        elif getattr(each, "size", 0) >= least:
            return True
    return False


def split(op: Any, values: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The inputs and the attributes among an op's arguments, each in order."""
    inputs, attributes = op.signature.inputs, op.signature.attributes
    return tuple([values[position] for position in inputs]), tuple([values[position] for position in attributes])


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
        plain = tuple(each if is_plain(each) else empty(each.shape, each.dtype) for each in outputs)
    kernel.function(plain, inputs, attributes, empty(kernel.scratch(inputs, attributes), "uint8"))
    for output, filled in zip(outputs, plain, strict=True):
        if output is not filled:
            output[...] = filled


def is_plain(array: Any) -> bool:
    """Whether a kernel that is not `strided` can fill an array."""
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
