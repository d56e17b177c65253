"""apply: one op on any tensors, from refreshed views and promotion to outputs and their node."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from engine.autograd.anomaly import calling_lines
from engine.autograd.bfloat16 import computed_in_float32
from engine.autograd.direct import apply_directly, mark_views
from engine.autograd.dispatch import dispatch, infer
from engine.autograd.modes import ModeState
from engine.autograd.op_node import OpNode
from engine.autograd.plan import Plan
from engine.autograd.promotion import NO_INPUT, NUMBER_KINDS
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import INFERENCE, IS_VIEW, NEEDS_GRAD, TensorBase, wrap, wrap_spec
from engine.backend.dtype import bfloat16
from engine.backend.namespace import to_device, using, xp


def apply(op: Any, args: tuple[Any, ...], state: ModeState) -> Any:
    """Run an op on bound arguments and record it; raises TypeError for arguments that are no tensors or numbers."""
    if op.single and not state.aside:
        result = apply_directly(op, args, state)
        if result is not None:
            return result
    args = plain_arguments(op, args)
    plan = plan_for(op, args, state)
    if plan.mixed:
        return apply(op, together(op, plan, args), state)
    family = input_tensors(op, args)[0].result_class
    produced = _produced(op, plan, args, state)
    count = len(produced) - len(op.saved)
    outputs = tuple(_output(op, family, each, args) for each in produced[:count])
    if plan.bits == INFERENCE:
        for output in outputs:
            output.kind |= INFERENCE
    if op.view and op.differentiable:
        mark_views(op, args, outputs, state)
    extras: tuple[Any, ...] = ()
    if plan.records:
        extras = tuple(_output(op, family, each, ()) for each in produced[count:])
        node = attach(op, plan, args, outputs, extras, state)
    if state.observer is not None:
        state.observer.ran(op, args, outputs + extras)
    if state.packing is not None and plan.records:
        node.pack(state.packing)
    if op.fields:
        return op.result(*outputs)
    return outputs if op.many else outputs[0]


def apply_with_saved(op: Any, args: tuple[Any, ...], state: ModeState) -> tuple[Any, ...]:
    """The outputs of an op on bound arguments and the intermediates that it saves, without history."""
    args = plain_arguments(op, args)
    plan = plan_for(op, args, state)
    if plan.mixed:
        return apply_with_saved(op, together(op, plan, args), state)
    family = input_tensors(op, args)[0].result_class
    return tuple(_output(op, family, each, ()) for each in _produced(op, plan, args, state))


def _produced(op: Any, plan: Plan, args: tuple[Any, ...], state: ModeState) -> tuple[Any, ...]:
    if plan.device.type == "cuda":
        with using(plan.device):
            raw = _computed(op, plan, args, state)
    else:
        raw = _computed(op, plan, args, state)
    return raw if type(raw) is tuple or op.fields else (raw,)


def plain_arguments(op: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments with NumPy's numbers as Python's and lists of tensors as tuples; raises TypeError for the rest."""
    inputs = op.signature.inputs
    changed = list(args)
    for position in inputs:
        value = args[position]
        if isinstance(value, TensorBase) or type(value) in NUMBER_KINDS:
            if not isinstance(value, TensorBase) and not op.signature.parameters[position].number:
                raise _wrong_argument(op, position, value)
            continue
        parameter = op.signature.parameters[position]
        if parameter.role == "inputs":
            if isinstance(value, list | tuple) and not value:
                raise RuntimeError(f"{op.name}() expects a non-empty list of tensors as {parameter.name!r}")
            if not isinstance(value, list | tuple) or not all(isinstance(each, TensorBase) for each in value):
                raise TypeError(
                    f"{op.name}(): {parameter.name!r} must be a list or tuple of tensors, got {_describe(value)}"
                )
            changed[position] = tuple(value)
        elif isinstance(value, numbers.Complex | np.bool_) and parameter.number:
            changed[position] = (
                value.item()
                if isinstance(value, np.generic)
                else float(value)
                if isinstance(value, numbers.Real | np.bool_)
                else complex(value)
            )
        elif value is not None or not parameter.optional:
            raise _wrong_argument(op, position, value)
    return tuple(changed)


def together(op: Any, plan: Plan, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments with numbers of the CPU on the device of the rest, moved by ops, so that gradients find back."""
    moved = list(args)
    for position in op.signature.inputs:
        value = args[position]
        if isinstance(value, TensorBase):
            moved[position] = value.to(device=plan.device)  # type: ignore[attr-defined]
        elif isinstance(value, tuple):
            moved[position] = tuple(each.to(device=plan.device) for each in value)
    return tuple(moved)


def _wrong_argument(op: Any, position: int, value: Any) -> TypeError:
    parameter = op.signature.parameters[position]
    allowed = "a tensor or a number" if parameter.number else "a tensor or None" if parameter.optional else "a tensor"
    return TypeError(f"{op.name}(): argument {parameter.name!r} must be {allowed}, got {_describe(value)}")


def _describe(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {', '.join(sorted({type(each).__name__ for each in value})) or 'nothing'}"
    return f"{type(value).__name__} {value!r}"[:80]


def plan_for(op: Any, args: tuple[Any, ...], state: ModeState) -> Plan:
    """The op's plan for these arguments, made on first use."""
    kinds = tuple(_kind(args[position]) for position in op.signature.inputs)
    key = (*kinds, state.grad)
    plan = op.plans.get(key)
    if plan is None:
        if not input_tensors(op, args):
            given = ", ".join(repr(args[position]) for position in op.signature.inputs)
            raise TypeError(f"{op.name}() needs at least one tensor, got {given}")
        plan = op.plans[key] = Plan(op, kinds, state.grad)
    return plan


def _kind(value: Any) -> Any:
    if isinstance(value, TensorBase):
        value.refresh()
        return value.kind & ~IS_VIEW
    if isinstance(value, tuple):
        return tuple(_kind(each) for each in value)
    return NO_INPUT if value is None else NUMBER_KINDS[type(value)]


def input_tensors(op: Any, args: tuple[Any, ...]) -> list[Any]:
    """The tensors among an op's inputs, variadic ones included, in order."""
    found: list[Any] = []
    for position in op.signature.inputs:
        value = args[position]
        if isinstance(value, TensorBase):
            found.append(value)
        elif isinstance(value, tuple):
            found.extend(value)
    return found


def _value(plan: Plan, position: int, value: Any) -> Any:
    if isinstance(value, TensorBase):
        return _converted(plan, position, value)
    if isinstance(value, tuple) and position in plan.op.signature.inputs:
        return tuple(_converted(plan, position, each) for each in value)
    return value


def _converted(plan: Plan, position: int, tensor: Any) -> Any:
    if plan.meta:
        compute = plan.compute if position in plan.op.promoting else None
        return Spec(tensor.shape, compute or tensor.dtype)
    return _cast(plan, position, to_device(tensor.array, plan.device))


def _cast(plan: Plan, position: int, array: Any) -> Any:
    compute = plan.compute if position in plan.op.promoting else None
    return array if compute is None or compute.numpy == array.dtype else array.astype(compute.numpy)


def computed(op: Any, plan: Plan, values: tuple[Any, ...], state: ModeState) -> tuple[Any, ...]:
    """The arrays that an op's outputs hold, then those that it saves, from arrays that are cast as planned."""
    inputs = op.signature.inputs
    cast = tuple(
        (tuple(_cast(plan, position, each) for each in value) if type(value) is tuple else _cast(plan, position, value))
        if position in inputs and (type(value) is tuple or hasattr(value, "dtype"))
        else value
        for position, value in enumerate(values)
    )
    raw = _dispatched(op, plan, cast, state)
    return raw if type(raw) is tuple or op.fields else (raw,)


def _computed(op: Any, plan: Plan, args: tuple[Any, ...], state: ModeState) -> Any:
    values = tuple(_value(plan, position, value) for position, value in enumerate(args))
    return infer(op, values) if plan.meta else _dispatched(op, plan, values, state)


def _dispatched(op: Any, plan: Plan, values: tuple[Any, ...], state: ModeState) -> Any:
    if plan.widens or (op.typed and not op.view and any(value is bfloat16 for value in values)):
        return computed_in_float32(op, plan.device, values, state)
    try:
        raw = dispatch(op, plan.device, values, state)
    except OverflowError:
        return op.reference(*_wrapped(op, plan, values))
    except ValueError as refusal:
        raise _named(op, values, refusal) from None
    # What kernels fill is a tuple, and in rows already.
    if op.rows and type(raw) is not tuple and not raw.flags.c_contiguous:
        return xp(raw).ascontiguousarray(raw)
    return raw


def _named(op: Any, values: tuple[Any, ...], refusal: Exception) -> Exception:
    """NumPy's refusal in the words of the shape rule, which names shapes as PyTorch does, if that refuses too."""
    try:
        infer(op, values)
    except (RuntimeError, ValueError, IndexError, TypeError) as named:
        return named
    return refusal


def _wrapped(op: Any, plan: Plan, values: tuple[Any, ...]) -> tuple[Any, ...]:
    target = plan.compute
    return tuple(
        np.array(value).astype(target.numpy)[()]
        if target is not None and type(value) is int and position in op.promoting
        else value
        for position, value in enumerate(values)
    )


def _output(op: Any, family: Any, produced: Any, args: tuple[Any, ...]) -> Any:
    storage = args[0].storage if op.view and args else None
    if isinstance(produced, Spec):
        made = wrap_spec(family, produced, storage)
    else:
        array = np.asarray(produced) if isinstance(produced, np.generic | int | float) else produced
        made = wrap(family, array, storage)
    if storage is not None:
        made.kind |= args[0].kind & INFERENCE
    return made


def attach(
    op: Any, plan: Plan, args: tuple[Any, ...], outputs: tuple[Any, ...], extras: tuple[Any, ...], state: ModeState
) -> OpNode:
    """Hang a node of the op on its outputs, with what its rules keep."""
    node = OpNode(plan, state)
    codes = [output.kind & 15 for output in outputs]
    differentiable = [
        output.dtype.is_differentiable and (not op.fields or op.fields[index] not in op.nondifferentiable)
        for index, output in enumerate(outputs)
    ]
    single = not op.fields and len(outputs) == 1
    node.outputs = len(outputs)
    node.shapes = outputs[0].shape if single else [output.shape for output in outputs]
    node.codes = codes[0] if single else codes
    node.edges = [
        (tensor.node, tensor.output_index) if need else None
        for tensor, need in zip(_flat_inputs(op, args), plan.flat_needs, strict=True)
    ]
    if state.anomaly:
        node.called_at = calling_lines()
    for index, (output, flows) in enumerate(zip(outputs, differentiable, strict=True)):
        output.output_index = index
        if flows:
            output.node = node
            output.kind |= NEEDS_GRAD
    node.keep(args, outputs, extras)
    return node


def _flat_inputs(op: Any, args: tuple[Any, ...]) -> list[Any]:
    flat: list[Any] = []
    for position in op.signature.inputs:
        value = args[position]
        flat.extend(value if isinstance(value, tuple) else (value,))
    return flat
