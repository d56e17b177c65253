"""What backward promises: accumulation, graphs kept and freed, non-scalar starts, leaf rules, hooks."""

import gc
import warnings
import weakref

import numpy as np
import pytest

import engine
from engine import Tensor, tensor


def leaf(*values: float) -> Tensor:
    return tensor(values, dtype=engine.float64, requires_grad=True)


def test_gradients_accumulate_over_calls() -> None:
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    (x * 3).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [5.0, 7.0])


def test_inputs_of_grad_may_be_any_iterable() -> None:
    model = engine.nn.Linear(2, 1)
    loss = model(engine.ones(3, 2)).sum()
    weight, bias = engine.autograd.grad(loss, model.parameters(), retain_graph=True)
    assert (weight.tolist(), bias.tolist()) == ([[3.0, 3.0]], [3.0])
    again = engine.autograd.grad([loss], dict(model.named_parameters()).values())
    assert [each.tolist() for each in again] == [[[3.0, 3.0]], [3.0]]


def test_gradients_in_a_batch_are_those_of_each() -> None:
    x, unused = leaf(1.0, 2.0), leaf(3.0)
    y = x**3
    many = engine.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]], dtype=engine.float64)
    jacobian, nothing = engine.autograd.grad(y, [x, unused], many, is_grads_batched=True, allow_unused=True)
    np.testing.assert_array_equal(jacobian, [[3.0, 0.0], [0.0, 12.0], [6.0, -12.0]])
    assert nothing is None
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()
    with pytest.raises(RuntimeError, match="first dimension"):
        engine.autograd.grad((x * x).sum(), x, is_grads_batched=True)
    (rows,) = engine.autograd.grad(x**3, x, many, is_grads_batched=True, create_graph=True)
    (second,) = engine.autograd.grad(rows.sum(), x)
    np.testing.assert_array_equal(second, [3 * 6 * 1.0, 0.0])


def test_variable_is_another_name_of_tensors() -> None:
    data = engine.ones(2)
    variable = engine.autograd.Variable(data, requires_grad=True)
    assert type(variable) is Tensor
    assert isinstance(data, engine.autograd.Variable)
    assert not isinstance(1.0, engine.autograd.Variable)
    data.zero_()
    assert variable.tolist() == [0.0, 0.0]
    assert variable.requires_grad
    assert not data.requires_grad
    with pytest.raises(TypeError, match="list"):
        engine.autograd.Variable([1.0])


def test_who_asks_a_result_for_its_gradient_is_warned() -> None:
    x = leaf(1.0)
    y = x * 2
    with pytest.warns(UserWarning, match="not a leaf"):
        assert y.grad is None
    y.retain_grad()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert x.grad is y.grad is engine.ones(2, 2)[0].grad is None
        y.backward()
        assert y.grad.item() == 1.0


def test_a_tensor_used_twice_gets_both_gradients() -> None:
    x = leaf(2.0)
    y = x * x
    (y * x + y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [3 * 4 + 2 * 2.0])


def test_two_leaves_never_share_the_memory_of_their_gradients() -> None:
    x, y = leaf(1.0), leaf(1.0)
    (x + y).backward(tensor([1.0], dtype=engine.float64))
    x.grad.add_(5)
    np.testing.assert_array_equal(y.grad.numpy(), [1.0])


def test_the_gradient_that_was_given_is_not_taken_over() -> None:
    x = leaf(1.0)
    start = tensor([2.0], dtype=engine.float64)
    x.clone().backward(start)
    x.grad.add_(5)
    np.testing.assert_array_equal(start.numpy(), [2.0])


def test_a_second_walk_needs_retain_graph() -> None:
    x = leaf(3.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(x.grad.numpy(), [12.0])
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_second_order_by_create_graph() -> None:
    x = leaf(2.0)
    (first,) = engine.autograd.grad((x * x * x).sum(), x, create_graph=True)
    (second,) = engine.autograd.grad(first.sum(), x, create_graph=True)
    (third,) = engine.autograd.grad(second.sum(), x)
    assert [float(each) for each in (first, second, third)] == [12.0, 12.0, 6.0]


def test_a_tensor_that_is_no_number_needs_a_gradient() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"only for scalar outputs.*\[2\]"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match=r"grad_output has a shape of \[3\] and output has a shape of \[2\]"):
        (x * 2).backward(tensor([1.0, 1.0, 1.0], dtype=engine.float64))
    (x * 2).backward(tensor([1.0, 10.0], dtype=engine.float64))
    np.testing.assert_array_equal(x.grad.numpy(), [2.0, 20.0])


def test_nothing_to_walk_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="does not require grad"):
        tensor([1.0]).sum().backward()


def test_leaf_rules() -> None:
    x = leaf(1.0)
    y = x * 2
    assert x.is_leaf
    assert not y.is_leaf
    assert x.grad_fn is None
    assert y.requires_grad
    with pytest.raises(RuntimeError, match="leaf"):
        y.requires_grad_(False)
    with pytest.raises(RuntimeError, match="floating point"):
        tensor([1]).requires_grad_()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        x.add_(1)
    with engine.no_grad():
        x.add_(1)
    np.testing.assert_array_equal(x.detach().numpy(), [2.0])


def test_only_leaves_keep_gradients_unless_asked() -> None:
    x = leaf(1.0)
    y, z = x * 2, x * 3
    y.retain_grad()
    (y * z).sum().backward()
    with pytest.warns(UserWarning, match="not a leaf"):
        assert z.grad is None
    np.testing.assert_array_equal(y.grad.numpy(), [3.0])


def test_hooks_see_and_replace_gradients() -> None:
    x = leaf(1.0)
    y = x * 2
    seen: list[float] = []
    handle = y.register_hook(lambda gradient: seen.append(float(gradient)))
    y.register_hook(lambda gradient: gradient * 10)
    (y * 3).sum().backward(retain_graph=True)
    assert seen == [3.0]
    np.testing.assert_array_equal(x.grad.numpy(), [60.0])
    handle.remove()
    (y * 3).sum().backward()
    assert seen == [3.0]


def test_a_hook_after_accumulation_sees_the_sum() -> None:
    x = leaf(1.0)
    seen: list[float] = []
    x.register_post_accumulate_grad_hook(lambda parameter: seen.append(float(parameter.grad)))
    (x * x + x).sum().backward()
    (x * 2).sum().backward()
    assert seen == [3.0, 5.0]


def test_gradients_have_the_shape_and_type_of_what_they_belong_to() -> None:
    x = tensor(np.ones((3, 1), "float32"), requires_grad=True)
    y = tensor(np.ones((1, 4)), requires_grad=True)
    z = tensor(2.0, requires_grad=True)
    (x * y * z).sum().backward()
    assert (x.grad.shape, x.grad.dtype) == ((3, 1), engine.float32)
    assert (y.grad.shape, y.grad.dtype) == ((1, 4), engine.float64)
    assert (z.grad.shape, z.grad.dtype) == ((), engine.float32)


def test_what_backward_kept_is_freed_by_it() -> None:
    x = leaf(1.0, 2.0)
    held = x * 2
    y = (held * held).sum()
    array = weakref.ref(held.array)
    del held
    assert array() is not None
    y.backward()
    gc.collect()
    assert array() is None


def test_nothing_is_kept_that_no_rule_asked_for() -> None:
    x = leaf(1.0, 2.0)
    middle = x + 1
    storage = weakref.ref(middle.array)
    y = middle + 1
    del middle
    gc.collect()
    assert storage() is None
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1.0, 1.0])


def test_a_result_that_dies_takes_its_graph_along() -> None:
    x = leaf(1.0)
    y = (x * 2).sum()
    node = weakref.ref(y.array)
    gc.disable()
    try:
        del y
        assert node() is None, "a cycle keeps the graph until the collector runs"
    finally:
        gc.enable()


def test_no_grad_and_detach_cut_the_graph() -> None:
    x = leaf(1.0)
    with engine.no_grad():
        assert not (x * 2).requires_grad
    assert not (x.detach() * 2).requires_grad
    (x * x.detach()).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1.0])

    @engine.no_grad()
    def silent() -> Tensor:
        with engine.enable_grad():
            assert (x * 1).requires_grad
        return x * 2

    assert not silent().requires_grad


def test_grad_leaves_the_leaves_alone_and_names_unused_inputs() -> None:
    x, y = leaf(1.0), leaf(2.0)
    (found,) = engine.autograd.grad((x * x).sum(), x)
    assert x.grad is None
    assert float(found) == 2.0
    with pytest.raises(RuntimeError, match=r"input 1 of shape \[1\].*not have been used"):
        engine.autograd.grad((x * x).sum(), (x, y))
    assert engine.autograd.grad((x * x).sum(), (x, y), allow_unused=True)[1] is None


def test_grad_with_respect_to_a_result() -> None:
    x = leaf(2.0)
    y = x * x
    (found,) = engine.autograd.grad((y * y).sum(), y)
    np.testing.assert_array_equal(found.numpy(), [8.0])


def test_backward_into_chosen_inputs_only() -> None:
    x, y = leaf(2.0), leaf(3.0)
    (x * y).sum().backward(inputs=[x])
    np.testing.assert_array_equal(x.grad.numpy(), [3.0])
    assert y.grad is None


def test_a_deep_chain_needs_no_recursion() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(20_000):
        y = y + 1
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), [1.0])
    del y


def test_threads_start_with_gradients_on() -> None:
    from concurrent.futures import ThreadPoolExecutor  # start-up of the pool belongs to this test alone

    with engine.no_grad(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(engine.is_grad_enabled).result()


def test_anomaly_names_op_and_line() -> None:
    x = leaf(-1.0)
    with engine.autograd.detect_anomaly(), pytest.raises(RuntimeError, match=r"SqrtBackward0.*nan") as caught:
        x.sqrt().sum().backward()
    assert "test_backward.py" in str(caught.value)


def test_a_value_written_to_after_it_was_kept_is_an_error() -> None:
    x = leaf(1.0)
    y = x * 1
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*version 1; expected version 0"):
        z.sum().backward()


def test_a_gradient_that_is_always_zero_has_no_history() -> None:
    for flat in (lambda x: x**0, lambda x: x.sign(), lambda x: x.floor(), lambda x: (x * 1).fill_(2.0)):
        x, w = leaf(2.5), leaf(1.5)
        z = (flat(x) * (w * 1)).exp()
        (gradient,) = engine.autograd.grad(z.sum(), x, create_graph=True)
        assert gradient.tolist() == [0.0]
        assert not gradient.requires_grad, "it would hold on to what made the gradient above it"
        z.add_(1)
        (gradient.sum() + (w * 2).sum()).backward()
        assert w.grad.tolist() == [2.0]
