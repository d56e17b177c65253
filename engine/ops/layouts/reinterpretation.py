"""Reinterpretation: the same bytes as elements of another type."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import as_dtype, dtype
from engine.ops.indices.indexing import spec_of


def _retyped_shape(input: Spec, dtype: dtype) -> Spec:
    have, want = input.dtype.itemsize, dtype.itemsize
    if have == want:
        return Spec(input.shape, dtype)
    kinds = f"{input.dtype.name} as {dtype.name} (different element sizes)"
    if not input.ndim:
        raise RuntimeError(f"self.dim() cannot be 0 to view {kinds}")
    last = input.shape[-1]
    if last * have % want:
        raise RuntimeError(f"self.size(-1) must be divisible by {want // have} to view {kinds}, but got {last}")
    return Spec((*input.shape[:-1], last * have // want), dtype)


@op(shape=_retyped_shape, types="keep", view=True, differentiable=False)
def view_as_dtype(input: Array, dtype: dtype) -> Any:
    """The same bytes as elements of another type; the last dimension changes with their size (Tensor.view(dtype))."""
    spec = _retyped_shape(spec_of(input), dtype)
    if spec.shape != input.shape and input.shape[-1] > 1 and input.strides[-1] != input.itemsize:
        step = input.strides[-1] // input.itemsize
        raise RuntimeError(
            f"self.stride(-1) must be 1 to view {as_dtype(input.dtype).name} as {dtype.name} "
            f"(different element sizes), but got {step}"
        )
    return input.view(dtype.numpy)
