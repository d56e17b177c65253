"""The short way of an op of one output on CPU tensors that need no cast: most calls are of that kind."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.dispatch import dispatch
from engine.autograd.modes import ModeState
from engine.autograd.node import next_sequence
from engine.autograd.op_node import OpNode
from engine.autograd.promotion import NO_INPUT, NUMBER_KINDS
from engine.autograd.storage import Storage, View
from engine.autograd.tensor_base import DTYPE_BITS, INFERENCE, IS_VIEW, NEEDS_GRAD, ZERO_DIM, TensorBase, kind_of_array
from engine.backend.dtype import CODE_OF_NUMPY, DTYPES

_new = object.__new__
_ndarray = np.ndarray
# Codes of the types through which gradients flow.
_FLOWING = frozenset(each.code for each in DTYPES if each.is_differentiable)


def apply_directly(op: Any, args: tuple[Any, ...], state: ModeState) -> Any:
    """The result of an op, recorded; None where the call is not of the common kind, or is one to be refused."""
    kinds: list[Any] = []
    first = None
    largest = 0
    for position in op.signature.inputs:
        value = args[position]
        if isinstance(value, TensorBase):
            if value.view_of is not None:
                value.refresh()
            if first is None:
                first = value
            array = value.array
            if array is not None and array.size > largest:
                largest = array.size
            kinds.append(value.kind & ~IS_VIEW)
        elif value is None:
            kinds.append(NO_INPUT)
        elif value.__class__ in NUMBER_KINDS:
            kinds.append(NUMBER_KINDS[value.__class__])
        else:
            return None
    kinds.append(state.grad)
    plan = op.plans.get(tuple(kinds))
    if plan is None or first is None or not plan.direct or op.typed:
        return None
    values = tuple([value.array if isinstance(value, TensorBase) else value for value in args])
    try:
        raw = dispatch(op, plan.device, values, state) if largest >= plan.least else op.reference(*values)
    except (OverflowError, ValueError):
        return None
    if raw.__class__ is tuple:
        array, extras = raw[0], raw[1:]
    else:
        array, extras = raw, ()
        if op.rows and array.__class__ is _ndarray and not array.flags.c_contiguous:
            array = np.ascontiguousarray(array)
    result = _fresh(first, array)
    if op.view:
        result.storage = first.storage
        result.kind |= first.kind & INFERENCE
        if op.differentiable:
            mark_views(op, args, (result,), state)
    elif plan.bits == INFERENCE:
        result.kind |= INFERENCE
    if plan.records:
        _attach(plan, args, result, tuple([_fresh(first, each) for each in extras]), state)
    return result


def _fresh(like: Any, array: Any) -> Any:
    """A tensor around an array, without history; ops that move give arrays of another device."""
    if array.__class__ is not _ndarray and isinstance(array, np.generic | int | float | complex):
        array = np.asarray(array)
    made = _new(like.result_class)
    made.array = array
    made.storage = storage = _new(Storage)
    storage.version = 0
    if array.__class__ is _ndarray:
        kind = CODE_OF_NUMPY[array.dtype]
        made.kind = kind if array.ndim else kind | ZERO_DIM
    else:
        made.kind = kind_of_array(array)
    made.view_of = made.gradient = made.node = None
    made.output_index = 0
    return made


def _attach(plan: Any, args: tuple[Any, ...], result: Any, extras: tuple[Any, ...], state: ModeState) -> None:
    node = _new(OpNode)
    node.plan = plan
    node.sequence = next_sequence()
    node.hooks = node.called_at = None
    node.scope = state.scope
    node.outputs = 1
    node.shapes = result.array.shape
    node.codes = code = result.kind & DTYPE_BITS
    node.edges = [
        (args[position].node, args[position].output_index) if need else None
        for position, need in zip(plan.op.signature.inputs, plan.needs, strict=True)
    ]
    if code in _FLOWING:
        result.node = node
        result.kind |= NEEDS_GRAD
    if plan.saves:
        node.keep(args, (result,), extras)
    else:
        node.saved = ()


def mark_views(op: Any, args: tuple[Any, ...], outputs: tuple[Any, ...], state: ModeState) -> None:
    """Note of the outputs of a view op whose views they are."""
    source = args[0]
    base, chain = (source, ()) if source.view_of is None else (source.view_of.base, source.view_of.chain)
    restriction = "multi" if len(outputs) > 1 or op.many else "no_grad" if not state.grad else None
    if source.view_of is not None and source.view_of.restriction is not None:
        restriction = source.view_of.restriction
    for index, output in enumerate(outputs):
        output.view_of = View(base, (*chain, (op, args[1:], index)), restriction)
        output.kind |= IS_VIEW
