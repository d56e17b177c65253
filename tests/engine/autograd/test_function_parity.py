"""Custom Functions do what PyTorch's do, and fail where they fail."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.autograd.twin_programs import Program, agree, leaf

pytestmark = pytest.mark.parity
PROGRAMS: list[Program] = []


def program(function: Program) -> Program:
    PROGRAMS.append(function)
    return function


def function(library: Any, forward: Callable[..., Any], backward: Callable[..., Any], **more: Any) -> Any:
    methods = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    methods |= {name: staticmethod(each) for name, each in more.items()}
    return type("Custom", (library.autograd.Function,), methods)


def saving(ctx: Any, x: Any, y: Any) -> Any:
    ctx.save_for_backward(x, y)
    return x * y


def of_product(ctx: Any, g: Any) -> Any:
    x, y = ctx.saved_tensors
    return g * y, g * x


@program
def second_order_through_saved_inputs(library: Any, tell: Any) -> None:
    x, y = leaf(library, 1.0, 2.0), leaf(library, 3.0, 4.0)
    result = function(library, saving, of_product).apply(x, y).pow(2).sum()
    first = library.autograd.grad(result, (x, y), create_graph=True)
    tell(first)
    tell(library.autograd.grad(first[0].sum() + first[1].prod(), (x, y)))


@program
def setup_context_takes_keywords_and_defaults(library: Any, tell: Any) -> None:
    def setup(ctx: Any, inputs: Any, output: Any) -> None:
        x, scale = inputs
        ctx.save_for_backward(x, output)
        ctx.scale = scale

    def backward(ctx: Any, g: Any) -> Any:
        x, output = ctx.saved_tensors
        return g * output / x * ctx.scale, None

    cubed = function(library, lambda x, scale=3: x**scale, backward, setup_context=setup)
    for arguments in ({}, {"scale": 2}):
        x = leaf(library, 1.0, 2.0)
        y = cubed.apply(x, **arguments)
        (first,) = library.autograd.grad(y.sum(), x, create_graph=True)
        tell(first)
        tell(library.autograd.grad(first.sum(), x))


@program
def keywords_are_inputs_too(library: Any, tell: Any) -> None:
    x, y = leaf(library, 2.0), leaf(library, 3.0)
    function(library, saving, of_product).apply(x, y=y).backward()
    tell([x.grad, y.grad])
    function(library, saving, of_product).apply(x, z=y)


@program
def needs_input_grad_says_what_is_wanted(library: Any, tell: Any) -> None:
    def backward(ctx: Any, g: Any) -> Any:
        tell(ctx.needs_input_grad)
        return g, g

    x, y = leaf(library, 1.0), library.ones(1)
    function(library, lambda ctx, x, y: x + y, backward).apply(x, y).sum().backward()
    tell(x.grad)
    tell(y.grad)


@program
def a_dirty_input_gets_the_functions_history(library: Any, tell: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        x.mul_(3)
        ctx.mark_dirty(x)
        return x

    tripled = function(library, forward, lambda ctx, g: g * 3)
    x = leaf(library, 1.0, 2.0)
    middle = x * 1
    result = tripled.apply(middle)
    tell(result is middle)
    tell(result._version)
    (result * middle).sum().backward()
    tell(x.grad)
    whole = x * 1
    tripled.apply(whole[:1])
    x.grad = None
    whole.sum().backward()
    tell(x.grad)


@program
def a_dirty_leaf_is_refused(library: Any, tell: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x

    function(library, forward, lambda ctx, g: g).apply(leaf(library, 1.0))


@program
def a_dirty_tensor_that_is_not_returned_is_refused(library: Any, tell: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x * 1

    function(library, forward, lambda ctx, g: g).apply(leaf(library, 1.0) * 1)


@program
def outputs_without_gradient(library: Any, tell: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        order, rounded = x.argsort(), x.round()
        ctx.mark_non_differentiable(rounded)
        return x * 2, order, rounded, "text"

    def backward(ctx: Any, *gradients: Any) -> Any:
        tell(gradients[:3])
        return gradients[0] * 2

    x = leaf(library, 1.5, 0.5)
    outputs = function(library, forward, backward).apply(x)
    tell([each.requires_grad for each in outputs[:3]])
    tell(outputs[3])
    outputs[0].sum().backward()
    tell(x.grad)


@program
def missing_gradients_are_none_on_request(library: Any, tell: Any) -> None:
    def forward(ctx: Any, x: Any, materialize: bool) -> Any:
        ctx.set_materialize_grads(materialize)
        return x * 2, x * 3

    def backward(ctx: Any, first: Any, second: Any) -> Any:
        tell([first, second])
        return second * 3, None

    for materialize in (True, False):
        x = leaf(library, 1.0, 2.0)
        function(library, forward, backward).apply(x, materialize)[1].sum().backward()
        tell(x.grad)


@program
def once_differentiable_gives_first_gradients(library: Any, tell: Any) -> None:
    once = library.autograd.function.once_differentiable(of_product)
    x, y = leaf(library, 1.0, 2.0), leaf(library, 3.0, 4.0)
    result = function(library, saving, once).apply(x, y).pow(2).sum()
    first = library.autograd.grad(result, (x, y), create_graph=True)
    tell(first)
    tell(first[0].requires_grad)
    library.autograd.grad(first[0].sum(), x)


@program
def an_input_returned_as_it_is_may_not_be_written(library: Any, tell: Any) -> None:
    same = function(library, lambda ctx, x: x, lambda ctx, g: g * 5)
    x = leaf(library, 1.0, 2.0)
    middle = x * 1
    result = same.apply(middle)
    tell(result is middle)
    result.sum().backward()
    tell(x.grad)
    result = same.apply(x * 1)
    result.mul_(2)


@program
def a_view_made_inside_may_not_be_written(library: Any, tell: Any) -> None:
    column = function(library, lambda ctx, x: x.view(-1, 1), lambda ctx, g: g.view(-1))
    x = leaf(library, 1.0, 2.0)
    result = column.apply(x * 1)
    result.sum().backward()
    tell(x.grad)
    column.apply(x * 1).add_(1)


@program
def saved_tensors_are_freed(library: Any, tell: Any) -> None:
    x, y = leaf(library, 1.0), leaf(library, 2.0)
    result = function(library, saving, of_product).apply(x, y)
    tell(result.grad_fn.saved_tensors)
    tell(result.grad_fn.name())
    result.backward()
    result.grad_fn.saved_tensors  # noqa: B018


@program
def saved_tensors_are_watched(library: Any, tell: Any) -> None:
    x, y = leaf(library, 1.0) * 1, leaf(library, 2.0)
    result = function(library, saving, of_product).apply(x, y)
    x.add_(1)
    result.backward()


@program
def only_tensors_are_saved(library: Any, tell: Any) -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x, 3)
        return x * 1

    function(library, forward, lambda ctx, g: g).apply(leaf(library, 1.0))


@program
def a_gradient_for_a_number_is_refused(library: Any, tell: Any) -> None:
    function(library, lambda ctx, x, n: x * n, lambda ctx, g: (g, g)).apply(leaf(library, 1.0), 2).backward()


@program
def a_gradient_of_another_shape_is_refused(library: Any, tell: Any) -> None:
    wrong = function(library, lambda ctx, x: x * 2, lambda ctx, g: g.new_ones(3))
    wrong.apply(leaf(library, 1.0, 2.0)).sum().backward()


@program
def a_gradient_that_broadcasts_from_more_is_summed(library: Any, tell: Any) -> None:
    wide = function(library, lambda ctx, x: x * 2, lambda ctx, g: g.new_ones(4, 2))
    x = leaf(library, 1.0, 2.0)
    wide.apply(x).sum().backward()
    tell(x.grad)


@program
def a_gradient_that_is_a_number_is_refused(library: Any, tell: Any) -> None:
    function(library, lambda ctx, x: x * 2, lambda ctx, g: 2.0).apply(leaf(library, 1.0)).backward()


@program
def forward_is_asked_for(library: Any, tell: Any) -> None:
    library.autograd.Function.apply(leaf(library, 1.0))


@program
def without_gradients_there_is_no_node(library: Any, tell: Any) -> None:
    with library.no_grad():
        result = function(library, saving, of_product).apply(leaf(library, 1.0), leaf(library, 2.0))
    tell([result.requires_grad, result.grad_fn is None])


@pytest.mark.parametrize("each", PROGRAMS, ids=lambda each: each.__name__)
def test_a_function_does_what_pytorchs_does(each: Program) -> None:
    agree(each)
