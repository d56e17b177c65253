"""The one door for writes: checks the target, writes, raises the version and hangs the history where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.apply import attach, input_tensors, plain_arguments, plan_for, together
from engine.autograd.dispatch import infer
from engine.autograd.modes import ModeState, host_read, modes, no_grad
from engine.autograd.node import AccumulateGrad, Node
from engine.autograd.op import Op, op
from engine.autograd.op_node import OpNode
from engine.autograd.retained import move_retained
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import INFERENCE, NEEDS_GRAD, TensorBase, wrap, wrap_spec
from engine.backend.namespace import array_device, to_device, using, xp


def in_place(operation: Op) -> Callable[..., Any]:
    """The form of an op that writes its result into its first input and returns it (`add` gives `add_`)."""

    def write(input: Any, *args: Any, **keywords: Any) -> Any:
        bound = plain_arguments(operation, operation.signature.bind((input, *args), keywords))
        return assign_(input, operation, bound)

    write.__name__ = f"{operation.name}_"
    write.__doc__ = f"{operation.name}, written into `input`, which is returned."
    return write


def assign_(target: TensorBase, operation: Op, args: tuple[Any, ...]) -> Any:
    """Write `operation(*args)` into `target`, values and history; raises PyTorch's errors for forbidden targets."""
    state = modes.state
    check_writable(target, state, any(each.requires_grad for each in input_tensors(operation, args)))
    if state.rerun is not None and not state.rerun.may_write(target.storage):
        return target
    packing = state.packing
    if packing is None:
        _write(target, operation, args, state)
        return target
    # What is kept for backward is settled, and can be packed, only when the write is done.
    state.packing = None
    try:
        node = _write(target, operation, args, state)
    finally:
        state.packing = packing
    if isinstance(node, OpNode):
        node.pack(packing)
    return target


def _write(target: TensorBase, operation: Op, args: tuple[Any, ...], state: ModeState) -> Node | None:
    """Write values and history; gives the operation's own node."""
    before = None
    if operation.writes is not None and args[0] is target and target.array is not None and state.observer is None:
        node = _write_directly(target, operation, args, state)
    else:
        value = operation(*args)
        _check_result(target, value, operation.name)
        before = value
        if isinstance(value.node, OpNode) and value.node.plan.op is operation:
            value.node.keep_copy(target)
        if target.array is not None:
            _fill(target, value.array)
        target.storage.version += 1
        node = value.node
        if state.observer is not None:
            state.observer.wrote(target, value)
    if node is not None:
        last = node
        if before is not None and before.dtype is not target.dtype:
            last = before.to(target.dtype).node
        hang(target, last, 0 if before is None else before.output_index, state)
    return node


def copy_into(target: TensorBase, array: Any) -> None:
    """Write an array's values into a tensor without history (loaded state, optimizer steps); recordings refuse it."""
    host_read("a write of an array into a tensor")
    if target.array is not None:
        _fill(target, array)
    target.storage.version += 1


def _fill(target: TensorBase, array: Any) -> None:
    where = array_device(target.array)
    with using(where):
        target.array[...] = to_device(array, where)


def check_writable(target: TensorBase, state: ModeState, tracked: bool = False) -> None:
    """Raise RuntimeError where PyTorch does: leaves that require grad, forbidden views, expanded memory.

    `tracked` says that what is written has a history.
    """
    target.refresh()
    if target.kind & INFERENCE and not state.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed. You can make a clone to get a "
            "normal tensor before doing inplace update."
        )
    if state.grad:
        _check_history(target, tracked)
    array = target.array
    if (
        array is not None
        and not array.flags.c_contiguous
        and any(stride == 0 and length > 1 for stride, length in zip(array.strides, array.shape, strict=True))
    ):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )


def _check_history(target: TensorBase, tracked: bool) -> None:
    view = target.view_of
    if view is not None and (tracked or view.base.kind & NEEDS_GRAD):
        if view.restriction is not None:
            raise RuntimeError(view.refusal(target, "is being"))
        if isinstance(view.base.node, AccumulateGrad):
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if target.kind & NEEDS_GRAD and isinstance(target.node, AccumulateGrad):
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def _check_result(target: TensorBase, value: TensorBase | Spec, name: str) -> None:
    if value.shape != target.shape:
        raise RuntimeError(
            f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(value.shape)} of {name}_()"
        )
    if value.dtype.category > target.dtype.category:
        raise RuntimeError(
            f"result type {value.dtype} can't be cast to the desired output type {target.dtype} in {name}_()"
        )


def _write_directly(target: TensorBase, operation: Op, args: tuple[Any, ...], state: ModeState) -> OpNode | None:
    assert operation.writes is not None
    plan = plan_for(operation, args, state)
    if plan.mixed:
        if target.device != plan.device:
            raise RuntimeError(
                f"{operation.name}_() can't write what lies on {plan.device} into a tensor on {target.device}"
            )
        args = together(operation, plan, args)
        plan = plan_for(operation, args, state)
    values = [_array_like(value, target) for value in args]
    _check_result(target, infer(operation, tuple(values)), operation.name)
    node: OpNode | None = None
    if plan.records:
        shadow = wrap(target.result_class, target.array, target.storage)
        node = attach(operation, plan, args, (shadow,), (), state)
        node.keep_copy(target)
    with using(plan.device):
        operation.writes(*values)
    target.storage.version += 1
    if node is not None:
        node.rebind(target)
    return node


def _array_like(value: Any, target: TensorBase) -> Any:
    if isinstance(value, TensorBase):
        return to_device(value.array, array_device(target.array))
    if isinstance(value, tuple):
        return tuple(_array_like(each, target) for each in value)
    return value


def hang(target: TensorBase, node: Any, index: int, state: ModeState) -> None:
    """Make `node` the history of a tensor that was written over; a view's goes to its base."""
    if isinstance(node, OpNode) and node.outputs == 1:
        node.rebind(target)
    if target.view_of is None:
        before, target.node, target.output_index = target.node, node, index
        target.kind |= NEEDS_GRAD
        move_retained(target, before)
        return
    base = target.view_of.base
    value = wrap(target.result_class, target.array) if target.array is not None else _meta_twin(target)
    value.node, value.output_index = node, index
    value.kind |= NEEDS_GRAD
    args = (base, value, target.view_of)
    plan = plan_for(write_view, args, state)
    shadow = wrap(base.result_class, base.array, base.storage) if base.array is not None else _meta_twin(base)
    before, base.node = base.node, attach(write_view, plan, args, (shadow,), (), state)
    base.output_index = 0
    base.kind |= NEEDS_GRAD
    move_retained(base, before)
    target.refresh()


def _meta_twin(tensor: Any) -> Any:
    return wrap_spec(tensor.result_class, Spec(tensor.shape, tensor.dtype))


@op(shape=lambda base, value, view: base, types="keep", complex="holomorphic")
def write_view(base: Array, value: Array, view: Any) -> Any:
    """The base with `value` in the place that `view` shows (PyTorch's CopySlices)."""
    family = view.base.result_class
    result = wrap(family, xp(base).array(base))
    with no_grad():
        view.replay(result).array[...] = value
    return result.array


@op(shape=lambda input, order: input, types="keep", complex="holomorphic")
def lay_out(input: Array, order: tuple[int, ...]) -> Any:
    """A copy whose dimensions lie in memory in `order`, outermost first."""
    ordered = xp(input).array(input.transpose(order), order="C")
    return ordered.transpose(tuple(sorted(range(len(order)), key=order.__getitem__)))


lay_out.gradient(input=lambda g: g)


def _gradient_of_base(g: Any, view: Any) -> Any:
    rest = lay_out(g, view.order)
    view.replay(rest).zero_()
    return rest


write_view.gradient(base=_gradient_of_base, value=lambda g, view: view.replay(lay_out(g, view.order)).clone())
