"""bfloat16 is computed in float32 and each result rounded once, as PyTorch does on the CPU."""

from __future__ import annotations

from typing import Any

from engine.autograd.dispatch import dispatch, infer
from engine.autograd.modes import ModeState
from engine.autograd.spec import Spec
from engine.backend.device import device
from engine.backend.dtype import bfloat16, float32
from engine.backend.namespace import array_device, using


def computed_in_float32(op: Any, where: device, values: tuple[Any, ...], state: ModeState) -> Any:
    """What an op gives of arrays with bfloat16 among them; what it saves for backward stays float32."""
    try:
        declared = infer(op, values)
    except NotImplementedError:
        # A shape that depends on data: such ops choose among elements, and keep their type.
        declared = None
    raw = dispatch(op, where, tuple(map(_widened, values)), state)
    if type(raw) is not tuple and not op.fields:
        return _rounded(raw, declared)
    specs = (None,) * len(raw) if declared is None else (declared,) if isinstance(declared, Spec) else declared
    outputs = len(raw) - len(op.saved)
    rounded = (_rounded(each, spec) for each, spec in zip(raw[:outputs], specs, strict=False))
    return (*rounded, *raw[outputs:])


# Casts are all that CuPy is asked of bfloat16, which it neither sorts nor transforms nor adds up at repeated places.


def _widened(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_widened, value))
    if value is bfloat16:
        return float32
    return value.astype(float32.numpy) if getattr(value, "dtype", None) == bfloat16.numpy else value


def _rounded(array: Any, spec: Spec | None) -> Any:
    if array.dtype == float32.numpy and (spec is None or spec.dtype is bfloat16):
        # What moves gives its result on another device.
        with using(array_device(array)):
            return array.astype(bfloat16.numpy)
    return array
