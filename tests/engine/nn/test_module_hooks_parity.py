"""Hooks of modules see, replace and refuse what PyTorch's do, in the same order."""

from typing import Any

import pytest

from tests.engine.autograd.twin_programs import Program, agree, leaf

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:Full backward hook")]
PROGRAMS: list[Program] = []


def program(function: Program) -> Program:
    PROGRAMS.append(function)
    return function


def doubling(library: Any) -> Any:
    class Double(library.nn.Module):
        def forward(self, x: Any, plus: float = 0.0, fail: bool = False) -> Any:
            if fail:
                raise ValueError("failed")
            return x * 2 + plus

    return Double()


@program
def forward_hooks_replace_in_order(library: Any, tell: Any) -> None:
    module, x = doubling(library), leaf(library, 1.0, 2.0)
    module.register_forward_pre_hook(lambda owner, args: tell(["pre", args[0]]))
    module.register_forward_pre_hook(lambda owner, args: args[0] + 1)
    module.register_forward_pre_hook(lambda owner, args: tell(["first", args[0]]), prepend=True)
    module.register_forward_hook(lambda owner, args, output: tell(["post", args[0], output]))
    handle = module.register_forward_hook(lambda owner, args, output: output * 10)
    module.register_forward_hook(lambda owner, args, output: output + 1, prepend=True)
    tell(module(x))
    handle.remove()
    tell(module(x))


@program
def hooks_with_keywords(library: Any, tell: Any) -> None:
    module, x = doubling(library), leaf(library, 1.0)
    module.register_forward_pre_hook(lambda owner, args, kwargs: (args, {"plus": kwargs["plus"] * 2}), with_kwargs=True)
    module.register_forward_hook(
        lambda owner, args, kwargs, output: (tell([kwargs["plus"], output]), output + kwargs["plus"])[1],
        with_kwargs=True,
    )
    tell(module(x, plus=3.0))
    module.register_forward_pre_hook(lambda owner, args, kwargs: args, with_kwargs=True)
    module(x, plus=3.0)


@program
def some_hooks_are_always_called(library: Any, tell: Any) -> None:
    module, x = doubling(library), leaf(library, 1.0)
    module.register_forward_hook(lambda owner, args, output: tell("not called"))
    module.register_forward_hook(lambda owner, args, output: tell(["called", output is None]), always_call=True)
    module(x, fail=True)


@program
def backward_hooks_see_and_replace(library: Any, tell: Any) -> None:
    module, x = doubling(library), leaf(library, 1.0, 2.0)
    module.register_full_backward_pre_hook(lambda owner, given: tell(["pre", *given]))
    module.register_full_backward_pre_hook(lambda owner, given: (given[0] * 3,))
    module.register_full_backward_hook(lambda owner, found, given: tell(["post", *found, *given]))
    module.register_full_backward_hook(lambda owner, found, given: (found[0] + 1,))
    module.register_full_backward_hook(lambda owner, found, given: tell("first"), prepend=True)
    module(x).sum().backward()
    tell(x.grad)


@program
def backward_hooks_without_gradients_of_inputs(library: Any, tell: Any) -> None:
    module = library.nn.Linear(2, 2).double()
    with library.no_grad():
        module.weight.fill_(0.5)
    module.register_full_backward_hook(lambda owner, found, given: tell([found[0] is None, given[0]]))
    module(library.ones(3, 2, dtype=library.float64)).sum().backward()
    tell(module.weight.grad)
    module.register_full_backward_hook(lambda owner, found, given: (given[0],))
    module(library.ones(3, 2, dtype=library.float64)).sum().backward()


@program
def a_wrong_number_of_gradients_is_refused(library: Any, tell: Any) -> None:
    module = doubling(library)
    module.register_full_backward_hook(lambda owner, found, given: (found[0], found[0]))
    module(leaf(library, 1.0)).backward()


@program
def a_hooked_modules_output_may_not_be_written(library: Any, tell: Any) -> None:
    module = doubling(library)
    module.register_full_backward_hook(lambda owner, found, given: None)
    module(leaf(library, 1.0)).mul_(2)


@program
def second_gradients_pass_hooks(library: Any, tell: Any) -> None:
    module, x = library.nn.Tanh(), leaf(library, 0.5, 1.0)
    module.register_full_backward_hook(lambda owner, found, given: (found[0] * 2,))
    (first,) = library.autograd.grad(module(x).sum(), x, create_graph=True)
    tell(first)
    tell(library.autograd.grad(first.sum(), x))


@pytest.mark.parametrize("each", PROGRAMS, ids=lambda each: each.__name__)
def test_hooks_do_what_pytorchs_do(each: Program) -> None:
    agree(each)
