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

    `accepts(inputs, attributes)` says whether dtypes, strides and sizes suit it; `scratch` gives the bytes it needs;
    `overwrites` lists (output, input) pairs that may share memory.
    """

    function: Callable[[tuple[Any, ...], tuple[Any, ...], tuple[Any, ...], Any], None]
    accepts: Callable[[tuple[Any, ...], tuple[Any, ...]], bool] = _accepts_all
    scratch: Callable[[tuple[Any, ...], tuple[Any, ...]], int] = _no_scratch
    overwrites: tuple[tuple[int, int], ...] = ()


def choose(op: Any, where: device, inputs: tuple[Any, ...], attributes: tuple[Any, ...], state: ModeState) -> Kernel | None:
    """The first fast kernel of the device that accepts the arrays; None means the reference."""
    if not op.kernels or state.kernels == "reference":
        return None
    for kernel in op.kernels.get(where.type, ()):
        if kernel.accepts(inputs, attributes):
            return kernel
    return None


def dispatch(op: Any, where: device, values: tuple[Any, ...], state: ModeState) -> Any:
    """Run an op on arrays: what its reference returns, filled by a fast kernel if one accepts them."""
    if op.kernels:
        inputs = tuple(values[position] for position in op.signature.inputs)
        attributes = tuple(value for position, value in enumerate(values) if position not in op.signature.inputs)
        kernel = choose(op, where, inputs, attributes, state)
        if kernel is not None:
            return run_kernel(op, kernel, where, values, inputs, attributes)
    return op.reference(*values)


def run_kernel(
    op: Any, kernel: Kernel, where: device, values: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...]
) -> Any:
    """Allocate what the shape rule says and let the kernel fill it."""
    xp = namespace_of(where)
    specs = infer(op, values)
    single = isinstance(specs, Spec)
    outputs = tuple(xp.empty(spec.shape, spec.dtype.numpy) for spec in ((specs,) if single else specs))
    scratch = xp.empty(kernel.scratch(inputs, attributes), "uint8")
    kernel.function(outputs, inputs, attributes, scratch)
    return outputs[0] if single else outputs


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
