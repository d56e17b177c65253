"""checkpoint changes nothing but time and memory: gradients, draws, buffers, second order, nesting, errors."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.capture import compile
from engine.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential, set_checkpoint_early_stop

FORMS = pytest.mark.parametrize("reentrant", [True, False], ids=["reentrant", "by hooks"])


def model() -> nn.Sequential:
    engine.manual_seed(3)
    return nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(inplace=True), nn.Dropout(0.4), nn.Linear(8, 3), nn.Tanh()
    )


def inputs() -> Any:
    return engine.tensor(np.random.default_rng(0).standard_normal((16, 4)), dtype=engine.float32, requires_grad=True)


def state_after_a_step(run: Callable[[nn.Sequential, Any], Any]) -> list[Any]:
    """Output, gradients, buffers and later draws of a step."""
    network, x = model(), inputs()
    output = run(network, x)
    between = engine.rand(2)
    output.pow(2).sum().backward()
    gradients = [x.grad, *(each.grad for each in network.parameters())]
    return [each.detach().numpy() for each in (output, *gradients, *network.buffers(), between, engine.rand(2))]


def nested(network: nn.Sequential, x: Any, reentrant: bool) -> Any:
    def inner(value: Any) -> Any:
        return checkpoint(network[:5], value, use_reentrant=reentrant)

    return checkpoint(lambda value: network[5](inner(value)), x, use_reentrant=reentrant)


@FORMS
@pytest.mark.parametrize("early", [True, False])
def test_a_step_is_the_same_to_the_bit(reentrant: bool, early: bool) -> None:
    plain = state_after_a_step(lambda network, x: network(x))
    runs: list[Callable[[nn.Sequential, Any], Any]] = [
        lambda network, x: checkpoint(network, x, use_reentrant=reentrant),
        lambda network, x: checkpoint_sequential(network, 2, x, use_reentrant=reentrant),
        lambda network, x: nested(network, x, reentrant),
    ]
    for run in runs:
        with set_checkpoint_early_stop(early):
            found = state_after_a_step(run)
        for mine, right in zip(found, plain, strict=True):
            np.testing.assert_array_equal(mine, right)


@FORMS
def test_running_statistics_move_once(reentrant: bool) -> None:
    network, x = model(), inputs()
    checkpoint(network, x, use_reentrant=reentrant).sum().backward()
    assert int(network[1].num_batches_tracked) == 1


def test_draws_are_new_where_that_is_asked_for() -> None:
    masks = []

    def drop(x: Any) -> Any:
        mask = engine.rand(64)
        masks.append(mask.numpy())
        return x * mask

    for preserve in (True, False):
        masks.clear()
        ones = engine.ones(64, requires_grad=True)
        checkpoint(drop, ones, use_reentrant=False, preserve_rng_state=preserve).sum().backward()
        first, second = masks
        assert np.array_equal(first, second) == preserve


def test_a_generator_of_ones_own_is_not_advanced_twice() -> None:
    generator = engine.Generator().manual_seed(5)
    x = engine.ones(8, requires_grad=True)
    result = checkpoint(lambda x: x * engine.rand(8, generator=generator), x, use_reentrant=False)
    before = generator.state_dict()
    result.sum().backward()
    assert generator.state_dict() == before
    np.testing.assert_array_equal(x.grad.numpy(), engine.rand(8, generator=engine.Generator().manual_seed(5)).numpy())


@FORMS
def test_what_lies_between_is_not_kept(reentrant: bool) -> None:
    arrays = []

    def between(x: Any) -> Any:
        for _ in range(3):
            x = x.exp() * 0.1
            arrays.append(weakref.ref(x.array))
        return x.sum()

    gc.disable()
    try:
        result = checkpoint(between, engine.ones(1000, requires_grad=True), use_reentrant=reentrant)
        assert all(each() is None for each in arrays)
        assert len(arrays) == 3
        result.backward()
        assert len(arrays) > 3
    finally:
        gc.enable()


def test_arguments_of_an_inner_region_are_not_kept_by_an_outer_one() -> None:
    arrays = []

    def inner(x: Any) -> Any:
        return x.exp().sin()

    def outer(x: Any) -> Any:
        middle = x.cos() * 2
        arrays.append(weakref.ref(middle.array))
        return checkpoint(inner, middle, use_reentrant=False).sum()

    x = engine.linspace(0, 1, 50, dtype=engine.float64).requires_grad_()
    gc.disable()
    try:
        result = checkpoint(outer, x, use_reentrant=False)
        assert arrays[0]() is None
    finally:
        gc.enable()
    result.backward()
    found, x.grad = x.grad, None
    inner(x.cos() * 2).sum().backward()
    np.testing.assert_array_equal(found.numpy(), x.grad.numpy())


def test_second_derivatives_and_second_walks() -> None:
    def function(x: Any, w: Any) -> Any:
        return ((x * w).sin() * x.exp()).sum()

    x, w = (engine.linspace(0.1, 1, 5, dtype=engine.float64).requires_grad_() for _ in range(2))
    found = []
    for run in (function, lambda *args: checkpoint(function, *args, use_reentrant=False)):
        result = run(x, w)
        first = engine.autograd.grad(result, (x, w), create_graph=True)
        second = engine.autograd.grad(first[0].sum() * first[1].sum(), (x, w), retain_graph=True)
        again = engine.autograd.grad(result, (x, w))
        found.append([each.detach().numpy() for each in (*first, *second, *again)])
    for mine, right in zip(*found, strict=True):
        np.testing.assert_array_equal(mine, right)


def test_keywords_several_outputs_and_other_arguments() -> None:
    def function(x: Any, power: int, *, scale: Any) -> Any:
        return x**power * scale, "text", x.sum()

    x, scale = engine.tensor([1.0, 2.0], requires_grad=True), engine.tensor([3.0, 4.0], requires_grad=True)
    first, text, second = checkpoint(function, x, 2, scale=scale, use_reentrant=False)
    assert text == "text"
    (first.sum() + second).backward()
    np.testing.assert_array_equal(x.grad.numpy(), [7, 17])
    np.testing.assert_array_equal(scale.grad.numpy(), [1, 4])


def test_a_captured_step_replays_its_draws_in_both_runs() -> None:
    x = engine.ones(256, requires_grad=True)
    drop = nn.Dropout(0.5)

    @compile
    def step() -> Any:
        x.grad = None
        output = checkpoint(lambda value: drop(value * 3), x, use_reentrant=False)
        output.pow(2).sum().backward()
        return output.detach()

    outputs = []
    for _ in range(5):
        outputs.append(step().numpy())
        np.testing.assert_array_equal(x.grad.numpy(), 2 * outputs[-1] * np.where(outputs[-1] > 0, 6, 0))
    assert step.replays >= 2
    assert not np.array_equal(outputs[-1], outputs[-2])


def test_without_gradients_it_just_runs() -> None:
    with engine.no_grad():
        result = checkpoint(lambda x: x.exp(), engine.ones(2, requires_grad=True), use_reentrant=False)
    assert not result.requires_grad


def test_a_second_run_that_differs_is_an_error() -> None:
    calls = []

    def changing(x: Any) -> Any:
        calls.append(1)
        return (x.exp() if len(calls) == 1 else x[:1].exp()).sum()

    with pytest.raises(CheckpointError, match=r"position 0: saved shape \[3\].*recomputed shape \[1\]"):
        checkpoint(changing, engine.ones(3, requires_grad=True), use_reentrant=False).backward()
    calls.clear()

    def shrinking(x: Any) -> Any:
        calls.append(1)
        return x.exp().sin().sum() if len(calls) == 1 else x.exp().sum()

    with pytest.raises(CheckpointError, match="during forward: 2\nNumber of tensors saved during recomputation: 1"):
        checkpoint(shrinking, engine.ones(3, requires_grad=True), use_reentrant=False).backward()


def test_what_cannot_work_is_refused_with_the_reason() -> None:
    x = engine.ones(3, requires_grad=True)
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly"):
        checkpoint(lambda x: x * 2, x)
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True"):
        checkpoint(lambda x: x * 2, engine.ones(1), use_reentrant=True)
    with pytest.raises(ValueError, match="Unexpected keyword arguments: power"):
        checkpoint(lambda x, power: x**power, x, power=2, use_reentrant=True)
    with pytest.raises(ValueError, match="'sometimes'"):
        checkpoint(lambda x: x, x, use_reentrant=False, determinism_check="sometimes")
    with pytest.raises(RuntimeError, match=r"incompatible with \.grad\(\)"):
        engine.autograd.grad(checkpoint(lambda x: x * 2, x, use_reentrant=True).sum(), x)
    with pytest.raises(RuntimeError, match="no second derivative"):
        checkpoint(lambda x: x * x, x, use_reentrant=True).sum().backward(create_graph=True)
    with pytest.raises(RuntimeError, match="writes into its argument of shape"):
        checkpoint(lambda x: x.mul_(2), x * 1, use_reentrant=False)
    middle = x * 1
    result = checkpoint(lambda x: x.exp(), middle, use_reentrant=False)
    middle.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        result.sum().backward()
