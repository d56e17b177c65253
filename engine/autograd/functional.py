"""Jacobians, Hessians and their products with vectors, of functions of tensors (torch.autograd.functional)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.functional_tools import (
    asked,
    differentiable,
    differentiated,
    filled,
    finished,
    like,
    scalar,
    tensors_of,
    vector_for,
)
from engine.autograd.modes import enable_grad, modes, set_grad_enabled
from engine.autograd.stacking import stacked

Tensors = tuple[Any, ...]

_INPUT_IS = "input to the user-provided function is"


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The outputs of `func` and the product of a vector `v`, shaped like them, with its Jacobian.

    `v` may be left out where there is one output of one element. `strict` raises RuntimeError where an output does not
    depend on an input, instead of giving zeros (torch.autograd.functional.vjp).
    """
    with enable_grad():
        several, points = asked(inputs, "vjp", create_graph)
        many, outputs = tensors_of(func(*points), "outputs of the user-provided function", "vjp")
        differentiable(outputs, "outputs", strict)
        vector = vector_for(v, outputs, many, "vjp", create_graph, "user-provided function returns")
    with set_grad_enabled(create_graph or bool(modes.state.grad)):
        found = differentiated(outputs, points, vector, create_graph)
        product = filled(found, points, strict, create_graph, "back")
    return like(finished(outputs, create_graph), many), like(finished(product, create_graph), several)


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The outputs of `func` and the product of its Jacobian with a vector `v`, shaped like the inputs.

    Found by walking back twice: J v is the gradient of (uᵀ J) v for u, whatever u is (torch.autograd.functional.jvp;
    the trick is J. Townsend's, "A new trick for calculating Jacobian vector products", 2017).
    """
    with enable_grad():
        several, points = asked(inputs, "jvp", create_graph)
        vector = vector_for(v, points, several, "jvp", create_graph, _INPUT_IS)
        many, outputs = tensors_of(func(*points), "outputs of the user-provided function", "jvp")
        differentiable(outputs, "outputs", strict)
    product = _pushed_forward(outputs, points, vector, create_graph, strict)
    return like(finished(outputs, create_graph), many), like(finished(product, create_graph), many)


def _pushed_forward(outputs: Tensors, points: Tensors, vector: Any, create_graph: bool, strict: bool) -> Tensors:
    """J v, for outputs that were computed from points."""
    with enable_grad():
        anything = tuple(each.new_zeros(each.shape, requires_grad=True) for each in outputs)
        pulled_back = differentiated(outputs, points, anything, create_graph=True)
        differentiable(pulled_back, "grad_inputs", strict)
    with set_grad_enabled(create_graph or bool(modes.state.grad)):
        found = differentiated(pulled_back, anything, vector, create_graph, retain_graph=True)
        return filled(found, outputs, strict, create_graph, "back_trick")


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The derivatives of each output of `func` for each input, of shape output.shape + input.shape.

    One tensor, or tuples where there are several outputs (outside) or inputs (inside). `strategy` says whether rows
    (`reverse-mode`) or columns (`forward-mode`) are computed one by one; `vectorize` changes nothing else
    (torch.autograd.functional.jacobian).
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(f'Expected strategy to be either "forward-mode" or "reverse-mode", got {strategy!r}')
    if vectorize and strict:
        raise RuntimeError("jacobian: `strict=True` and `vectorize=True` are not supported together")
    forward = strategy == "forward-mode"
    if forward and create_graph:
        raise NotImplementedError(
            'jacobian: `create_graph=True` and `strategy="forward-mode"` are not supported together'
        )
    with enable_grad():
        several, points = asked(inputs, "jacobian", create_graph)
        many, outputs = tensors_of(func(*points), "outputs of the user-provided function", "jacobian")
        differentiable(outputs, "outputs", strict)
        if forward:
            table = _columns(outputs, points, strict)
        else:
            table = tuple(_rows(outputs, number, points, create_graph, strict) for number in range(len(outputs)))
    return like(tuple(like(finished(each, create_graph), several) for each in table), many)


def _rows(outputs: Tensors, number: int, points: Tensors, create_graph: bool, strict: bool) -> Tensors:
    """The Jacobians of one output, row by row."""
    output, rows = outputs[number], []
    flat = output.reshape(-1)
    for position in range(flat.numel()):
        found = differentiated((flat[position],), points, None, create_graph, retain_graph=True)
        rows.append(filled(found, points, strict, create_graph, "back"))
    return tuple(
        stacked(tuple(row[place] for row in rows)).reshape((*output.shape, *point.shape))
        if rows
        else output.new_zeros((*output.shape, *point.shape))
        for place, point in enumerate(points)
    )


def _columns(outputs: Tensors, points: Tensors, strict: bool) -> tuple[Tensors, ...]:
    """The Jacobians of all outputs, column by column."""
    by_input = []
    for number, point in enumerate(points):
        columns = []
        for position in range(point.numel()):
            vector = [each.new_zeros(each.shape) for each in points]
            vector[number].view(-1)[position] = 1
            columns.append(_pushed_forward(outputs, points, tuple(vector), False, strict))
        by_input.append(
            tuple(
                stacked(tuple(column[place] for column in columns)).movedim(0, -1).reshape((*each.shape, *point.shape))
                if columns
                else each.new_zeros((*each.shape, *point.shape))
                for place, each in enumerate(outputs)
            )
        )
    return tuple(zip(*by_input, strict=True))


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function that gives one number: the Jacobian of its gradient.

    One tensor, or tuples of tuples where there are several inputs (torch.autograd.functional.hessian).
    """
    several, _ = tensors_of(inputs, "inputs", "hessian")

    def gradient(*points: Any) -> Tensors:
        tracked = tuple(each if each.requires_grad else each.requires_grad_() for each in points)
        slopes = jacobian(lambda *at: scalar(func(*at), "hessian", strict), tracked, create_graph=True)
        differentiable(slopes, "jacobian", strict)
        return slopes

    table = jacobian(
        gradient, inputs, create_graph, strict=strict, vectorize=vectorize, strategy=outer_jacobian_strategy
    )
    return table if several else table[0]


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The output of a function that gives one number, and the product of `v`, shaped like the inputs, with its Hessian.

    (torch.autograd.functional.vhp)
    """
    with enable_grad():
        several, points = asked(inputs, "vhp", create_graph)
        vector = vector_for(v, points, several, "vhp", create_graph, _INPUT_IS)
        output = scalar(func(*points), "vhp", strict)
        slopes = differentiated((output,), points, None, create_graph=True)
        differentiable(slopes, "jacobian", strict)
    with set_grad_enabled(create_graph or bool(modes.state.grad)):
        found = differentiated(slopes, points, vector, create_graph)
        product = filled(found, points, strict, create_graph, "double_back")
    return finished((output,), create_graph)[0], like(finished(product, create_graph), several)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """The output of a function that gives one number, and the product of its Hessian with `v`.

    The Hessian is symmetric, but the walk is another than in `vhp`: forward over the gradient
    (torch.autograd.functional.hvp).
    """
    with enable_grad():
        several, points = asked(inputs, "hvp", create_graph)
        vector = vector_for(v, points, several, "hvp", create_graph, _INPUT_IS)
        output = scalar(func(*points), "hvp", strict)
        slopes = differentiated((output,), points, None, create_graph=True)
        differentiable(slopes, "jacobian", strict)
        anything = tuple(each.new_zeros(each.shape, requires_grad=True) for each in points)
        pulled_back = differentiated(slopes, points, anything, create_graph=True)
        differentiable(pulled_back, "grad_inputs", strict)
    with set_grad_enabled(create_graph or bool(modes.state.grad)):
        found = differentiated(pulled_back, anything, vector, create_graph)
        product = filled(found, points, strict, create_graph, "double_back_trick")
    return finished((output,), create_graph)[0], like(finished(product, create_graph), several)


__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
