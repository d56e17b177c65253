"""Gradients that are asked for: of results that keep theirs, of chosen inputs, of leaves that change their mind."""

import numpy as np
import pytest

import engine
from engine import Tensor, tensor


def leaf(*values: float) -> Tensor:
    return tensor(values, dtype=engine.float64, requires_grad=True)


def test_a_gradient_is_retained_once_however_often_that_is_asked() -> None:
    y = leaf(1.0, 2.0) * 2
    y.retain_grad()
    y.retain_grad()
    (y * 3).sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), [3.0, 3.0])


def test_a_retained_gradient_is_of_the_value_that_was_written_last() -> None:
    y = leaf(1.0, 2.0) * 2
    y.retain_grad()
    y.mul_(5)
    (y * 3).sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), [3.0, 3.0])


@pytest.mark.parametrize("written", ["base", "view"])
def test_views_and_bases_retain_theirs_when_the_other_is_written(written: str) -> None:
    base = leaf(1.0, 2.0, 3.0) * 2
    view = base[1:]
    base.retain_grad()
    view.retain_grad()
    (base if written == "base" else view).mul_(5)
    (view * 3).sum().backward()
    np.testing.assert_array_equal(view.grad.numpy(), [3.0, 3.0])
    np.testing.assert_array_equal(base.grad.numpy(), [0.0, 3.0, 3.0])


def test_a_hook_that_replaces_a_gradient_is_heard_by_what_retains_it() -> None:
    y = leaf(1.0) * 2
    y.retain_grad()
    y.register_hook(lambda gradient: gradient * 10)
    y.sum().backward()
    np.testing.assert_array_equal(y.grad.numpy(), [10.0])


def test_a_retained_gradient_has_memory_of_its_own() -> None:
    x = leaf(1.0)
    y = x + 0
    y.retain_grad()
    y.sum().backward()
    y.grad.zero_()
    np.testing.assert_array_equal(x.grad.numpy(), [1.0])


def test_gradients_of_chosen_leaves_have_memory_of_their_own() -> None:
    x = leaf(1.0, 2.0)
    x.sum().backward(inputs=[x])
    (x * tensor([3.0, 4.0], dtype=engine.float64)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [4.0, 5.0])


def test_gradients_with_a_graph_have_memory_of_their_own() -> None:
    x = leaf(1.0, 2.0)
    x.sum().backward(create_graph=True)
    (x * tensor([3.0, 4.0], dtype=engine.float64)).sum().backward()
    np.testing.assert_array_equal(x.grad.detach().numpy(), [4.0, 5.0])


def test_a_result_among_the_chosen_inputs_retains_its_gradient() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    (y * 3).sum().backward(inputs=[y])
    np.testing.assert_array_equal(y.grad.numpy(), [3.0, 3.0])
    assert x.grad is None


def test_chosen_leaves_tell_their_hooks() -> None:
    x, heard = leaf(1.0), []
    x.register_post_accumulate_grad_hook(lambda each: heard.append(each.grad.item()))
    (x * 4).sum().backward(inputs=[x])
    assert heard == [4.0]


def test_a_leaf_that_needs_no_gradient_any_more_gets_none() -> None:
    x = leaf(1.0)
    y = (x * 2).sum()
    x.requires_grad_(False)
    y.backward()
    assert x.grad is None


def test_no_inputs_at_all_are_refused() -> None:
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="empty"):
        x.sum().backward(inputs=[])
    with pytest.raises(RuntimeError, match="empty"):
        engine.autograd.grad(x.sum(), [])


def test_the_flag_of_a_result_cannot_be_set() -> None:
    y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf variables"):
        y.requires_grad = True
