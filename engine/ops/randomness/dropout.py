"""Dropout: elements left out at random while training."""

from __future__ import annotations

from typing import Any

from engine.autograd.draw import Draw
from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import bool_
from engine.backend.namespace import xp
from engine.backend.philox import bernoulli_mask
from engine.kernels.cpu import dropout as kernels
from engine.kernels.cpu.dropout import scale_of
from engine.ops.elementwise.selection import masked
from engine.ops.refusals import refuse_whole


def _dropout_shape(input: Spec, p: float, draw: Draw) -> tuple[Spec, Spec]:
    check_probability(p)
    return input, Spec(input.shape, bool_)


@op(shape=_dropout_shape, saved=("mask",))
def dropout(input: Array, p: float, draw: Draw) -> Any:
    """Each element zero with probability `p`, else divided by 1 - p, as `draw` has it (torch.dropout)."""
    check_probability(p)
    mask = bernoulli_mask(xp(input), draw.seed, draw.offset, input.shape, 1 - p)
    return dropout_backward.reference(input, mask, p), mask


@op(shape=lambda input, mask, p: input, types="keep")
def dropout_backward(input: Array, mask: Array, p: float) -> Any:
    """What dropout did to its input, done again: the input divided by 1 - p where `mask` holds, else zero."""
    return masked.reference(input * scale_of(p), mask)


dropout.gradient(input=lambda g, p, mask: dropout_backward(g, mask, p))
dropout.refuse(refuse_whole)
dropout.fast(cpu=kernels.dropout)
dropout_backward.gradient(input=lambda g, mask, p: dropout_backward(g, mask, p), mask=None)
dropout_backward.fast(cpu=kernels.dropout_backward)


def check_probability(p: float) -> None:
    """Raise ValueError for a p that is no probability."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
