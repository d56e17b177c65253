"""Copying: other values in the place of the input's, which is what `copy_` and `x[...] = y` write."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.namespace import xp
from engine.ops.dimensions import expanded_shape
from engine.ops.indices.indexing import spec_of
from engine.ops.layouts.memory_layout import refuse_overlap


def _copy_shape(input: Spec, src: Spec) -> Spec:
    expanded_shape(src.shape, input.shape)
    return input


@op(shape=_copy_shape, types="keep", complex="holomorphic")
def copy(input: Array, src: Array) -> Any:
    """The values of `src`, broadcast to the input's shape and converted to its type (torch.Tensor.copy_)."""
    _copy_shape(spec_of(input), spec_of(src))
    result = xp(input).empty_like(input)
    result[...] = src
    return result


copy.onto_output(lambda output, input, src: np.copyto(output, src, casting="unsafe"))


@copy.in_place
def _copy(input: Any, src: Any) -> None:
    refuse_overlap(input, src)
    input[...] = src


copy.gradient(input=lambda g: g.new_zeros(g.shape), src=lambda g: g)
