"""Hooks, kept tensors, inference tensors and the arguments of grad and backward: as PyTorch has them."""

from typing import Any

import pytest

from tests.engine.autograd.twin_programs import Program, agree, leaf

pytestmark = pytest.mark.parity
PROGRAMS: list[Program] = []


def program(function: Program) -> Program:
    PROGRAMS.append(function)
    return function


def refused(library: Any, tell: Any, *calls: Any) -> None:
    """Tell which kind of error each call raises."""
    for call in calls:
        try:
            call()
        except Exception as error:
            tell(type(error))
        else:
            tell("nothing")


@program
def tensor_hooks_replace_in_order_and_go(library: Any, tell: Any) -> None:
    x = leaf(library, 1.0, 2.0)
    middle = x * 2
    first = middle.register_hook(lambda g: g * 10)
    middle.register_hook(lambda g: tell(g))
    middle.retain_grad()
    x.register_hook(lambda g: g + 1)
    x.register_post_accumulate_grad_hook(lambda each: tell(each.grad))
    middle.sum().backward(retain_graph=True)
    tell(middle.grad)
    first.remove()
    middle.sum().backward()
    tell([x.grad, middle.grad])


@program
def hooks_need_gradients(library: Any, tell: Any) -> None:
    plain = library.ones(2)
    x = leaf(library, 1.0)
    refused(
        library,
        tell,
        lambda: plain.register_hook(tell),
        lambda: plain.register_post_accumulate_grad_hook(tell),
        lambda: (x * 2).register_post_accumulate_grad_hook(tell),
        lambda: plain.retain_grad(),
        lambda: x.retain_grad(),
    )


@program
def node_hooks_see_and_replace(library: Any, tell: Any) -> None:
    x, y = leaf(library, 1.0, 2.0), leaf(library, 3.0, 4.0)
    result = x * y
    node = result.grad_fn
    tell(node.name())
    tell([each.name().split("::")[-1] for each, _ in node.next_functions])
    before = node.register_prehook(lambda given: (given[0] * 2,))
    node.register_hook(lambda found, given: tell([*found, *given]))
    node.register_hook(lambda found, given: (found[0] * 0, found[1]))
    result.register_hook(lambda g: g + 1)
    result.sum().backward(retain_graph=True)
    tell([x.grad, y.grad])
    before.remove()
    result.sum().backward()
    tell([x.grad, y.grad])


@program
def what_is_kept_is_packed(library: Any, tell: Any) -> None:
    x = leaf(library, 1.0, 2.0)
    hooks = library.autograd.graph.saved_tensors_hooks
    with hooks(lambda each: (tell(each), each + 1)[1], lambda each: (tell(each), each - 1)[1]):
        result = (x.exp() * x).sum()
    first = library.autograd.grad(result, x, create_graph=True)
    tell(first)
    tell(library.autograd.grad(first[0].sum(), x))


@program
def written_over_values_are_packed_as_they_were(library: Any, tell: Any) -> None:
    x = leaf(library, 1.0, 2.0)
    with library.autograd.graph.saved_tensors_hooks(lambda each: each.clone(), lambda each: each):
        middle = x * 1
        middle.exp_()
        middle.mul_(x)
        middle[0].pow_(2)
    middle.sum().backward()
    tell(x.grad)


@program
def the_innermost_hooks_pack(library: Any, tell: Any) -> None:
    x = leaf(library, 2.0)
    hooks = library.autograd.graph.saved_tensors_hooks
    with hooks(lambda each: each * 0, lambda each: each), hooks(lambda each: each * 10, lambda each: each):
        result = x.pow(2)
    result.backward()
    tell(x.grad)


@program
def hooks_are_held_to_their_word(library: Any, tell: Any) -> None:
    x = leaf(library, 2.0)
    graph = library.autograd.graph
    with graph.saved_tensors_hooks(lambda each: each, lambda each: 3):
        result = x * x
    refused(library, tell, lambda: result.backward())

    def writes() -> None:
        with graph.saved_tensors_hooks(lambda each: each.add_(1), lambda each: each):
            (x * 1).exp()

    def disabled() -> None:
        with graph.disable_saved_tensors_hooks("not here"), graph.saved_tensors_hooks(tell, tell):
            tell("never")

    refused(library, tell, writes, disabled)


@program
def saved_on_cpu_is_the_same(library: Any, tell: Any) -> None:
    x = leaf(library, 1.0, 2.0)
    with library.autograd.graph.save_on_cpu():
        result = (x.sin() * x.exp()).sum()
    result.backward()
    tell(x.grad)


@program
def edges_stand_for_tensors(library: Any, tell: Any) -> None:
    x = leaf(library, 1.0, 2.0)
    middle = x * 3
    edge = library.autograd.graph.get_gradient_edge(middle)
    result = middle.pow(2).sum()
    tell(library.autograd.grad(result, edge, retain_graph=True))
    tell(library.autograd.grad(edge, x, middle.detach()))
    refused(library, tell, lambda: library.autograd.graph.get_gradient_edge(library.ones(1)))


@program
def inference_tensors_are_watched(library: Any, tell: Any) -> None:
    x, plain = leaf(library, 1.0, 2.0), library.ones(2)
    with library.inference_mode():
        made, view, kept, own = x * 2, plain.view(1, 2), plain.add_(1), library.zeros(2)
        leafy = library.ones(2, requires_grad=True)
        tell([each.is_inference() for each in (made, made.view(2), view, kept, own, leafy, x)])
        made.add_(1)
        tell(made.requires_grad)
    tell([made.view(2).is_inference(), made.clone().is_inference(), (made + 1).is_inference()])
    refused(
        library,
        tell,
        lambda: made * x,
        lambda: made._version,
        lambda: made.requires_grad_(),
        lambda: view.add_(1),
    )
    tell((made.clone() * x).detach())
    tell((made + x).detach())
    # PyTorch refuses these only when the values are written.
    refused(library, tell, lambda: made.add_(1), lambda: made.view(2).add_(1))


@program
def grad_takes_what_pytorchs_takes(library: Any, tell: Any) -> None:
    x, y, z = leaf(library, 1.0, 2.0), leaf(library, 3.0, 4.0), leaf(library, 5.0)
    grad = library.autograd.grad
    result = (x * y).sum()
    tell(grad(result, (x, z), retain_graph=True, allow_unused=True)[0])
    tell(grad(result, (x, z), retain_graph=True, materialize_grads=True))
    tell(grad([result, x * 2], [x], [None, library.ones(2, dtype=library.float64)], retain_graph=True))
    refused(
        library,
        tell,
        lambda: grad(result, (x, z), retain_graph=True),
        lambda: grad(result, z, retain_graph=True, allow_unused=False, materialize_grads=True),
        lambda: grad(result, library.ones(1), retain_graph=True),
        lambda: grad(result, [], retain_graph=True),
        lambda: grad(x * y, x),
        lambda: grad(library.ones(1), x),
        lambda: grad(x * y, x, library.ones(3)),
        lambda: grad([result, result], x, [library.ones(())]),
        lambda: library.autograd.backward(result, inputs=[]),
    )


@program
def backward_into_results_retains_for_this_time(library: Any, tell: Any) -> None:
    x = leaf(library, 1.0, 2.0)
    middle = x * 2
    result = middle.pow(2).sum()
    result.backward(inputs=[middle], retain_graph=True)
    tell([x.grad is None, middle.grad])
    result.backward(inputs=(x,), retain_graph=True)
    tell([x.grad, middle.grad])


@program
def leaves_and_their_flags(library: Any, tell: Any) -> None:
    x = leaf(library, 1.0, 2.0)
    y = x * 2
    tell([x.is_leaf, y.is_leaf, y.detach().is_leaf, x.grad_fn is None])
    refused(
        library,
        tell,
        lambda: y.requires_grad_(False),
        lambda: setattr(y, "requires_grad", False),
        lambda: library.tensor([1, 2]).requires_grad_(),
        lambda: setattr(x, "grad", library.ones(3, dtype=library.float64)),
        lambda: setattr(x, "grad", library.ones(2, dtype=library.float32)),
        lambda: setattr(x, "grad", 3),
        lambda: x[:1].detach_(),
    )
    x.grad = library.ones(2, dtype=library.float64)
    (x * 3).sum().backward()
    tell(x.grad)
    tell(y.detach_() is y)
    tell([y.is_leaf, y.requires_grad])


@pytest.mark.parametrize("each", PROGRAMS, ids=lambda each: each.__name__)
def test_the_graph_is_as_pytorchs(each: Program) -> None:
    agree(each)
