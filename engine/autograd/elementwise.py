"""The hot path: ops of one or two inputs and nothing else, whose calls cost little more than the array work itself."""

from __future__ import annotations

from sys import maxsize
from typing import Any

import numpy as np

from engine.autograd.apply import apply
from engine.autograd.modes import modes
from engine.autograd.node import next_sequence
from engine.autograd.op_base import Op
from engine.autograd.op_node import OpNode
from engine.autograd.output import written_out
from engine.autograd.promotion import NUMBER_KINDS
from engine.autograd.storage import Storage
from engine.autograd.tensor_base import DTYPE_BITS, ZERO_DIM, TensorBase
from engine.backend.dtype import CODE_OF_NUMPY

_new = object.__new__
_ndarray = np.ndarray


def _large(least: int, *given: Any) -> bool:
    return any(isinstance(each, TensorBase) and each.array.size >= least for each in given)


# What follows the reference stands in both calls: a function that they shared would add a tenth to each op.


class UnaryOp(Op):
    """An op whose only parameter is `input`."""

    __slots__ = ()

    def __call__(self, input: Any, *, out: Any = None) -> Any:
        if out is not None:
            return written_out(self, self.name, (input,), {}, out, elementwise=True)
        state = modes.state
        kind = input.kind if isinstance(input, TensorBase) else None
        plan = self.plans.get((kind, state.grad))
        if plan is None or not plan.direct or state.aside:
            return apply(self, (input,), state)
        array = input.array
        if array.size >= plan.least:
            return apply(self, (input,), state)
        array = self.reference(array)
        if array.__class__ is not _ndarray:
            array = np.asarray(array)
        result = _new(input.result_class)
        result.array = array
        result.storage = storage = _new(Storage)
        storage.version = 0
        result.view_of = result.gradient = result.node = None
        result.output_index = 0
        kind = plan.output_kind
        if kind is None:
            kind = plan.output_kind = CODE_OF_NUMPY[array.dtype] | plan.bits
        shape = array.shape
        result.kind = kind if shape else kind | ZERO_DIM
        if plan.records:
            result.node = node = _new(OpNode)
            node.plan = plan
            node.sequence = next_sequence()
            node.hooks = node.called_at = None
            node.scope = state.scope
            node.outputs = 1
            node.shapes = shape
            node.codes = kind & DTYPE_BITS
            node.edges = ((input.node, input.output_index),)
            if plan.saves:
                node.keep((input,), (result,), ())
            else:
                node.saved = ()
        return result


class BinaryOp(Op):
    """An op whose only parameters are `input` and `other`."""

    __slots__ = ()

    def __call__(self, input: Any, other: Any, *, out: Any = None) -> Any:
        if out is not None:
            return written_out(self, self.name, (input, other), {}, out, elementwise=True)
        state = modes.state
        kind = input.kind if isinstance(input, TensorBase) else NUMBER_KINDS.get(type(input))
        other_kind = other.kind if isinstance(other, TensorBase) else NUMBER_KINDS.get(type(other))
        plan = self.plans.get((kind, other_kind, state.grad))
        if plan is None or not plan.direct or state.aside:
            return apply(self, (input, other), state)
        if plan.least is not maxsize and _large(plan.least, input, other):
            return apply(self, (input, other), state)
        try:
            if not isinstance(input, TensorBase):
                array = self.reference(input, other.array)
                result = _new(other.result_class)
            elif not isinstance(other, TensorBase):
                array = self.reference(input.array, other)
                result = _new(input.result_class)
            else:
                array = self.reference(input.array, other.array)
                result = _new(input.result_class)
        except (OverflowError, ValueError):
            return apply(self, (input, other), state)
        if array.__class__ is not _ndarray:
            array = np.asarray(array)
        result.array = array
        result.storage = storage = _new(Storage)
        storage.version = 0
        result.view_of = result.gradient = result.node = None
        result.output_index = 0
        kind = plan.output_kind
        if kind is None:
            kind = plan.output_kind = CODE_OF_NUMPY[array.dtype] | plan.bits
        shape = array.shape
        result.kind = kind if shape else kind | ZERO_DIM
        if plan.records:
            result.node = node = _new(OpNode)
            node.plan = plan
            node.sequence = next_sequence()
            node.hooks = node.called_at = None
            node.scope = state.scope
            node.outputs = 1
            node.shapes = shape
            node.codes = kind & DTYPE_BITS
            first, second = plan.needs
            node.edges = (
                (input.node, input.output_index) if first else None,
                (other.node, other.output_index) if second else None,
            )
            if plan.saves:
                node.keep((input, other), (result,), ())
            else:
                node.saved = ()
        return result
