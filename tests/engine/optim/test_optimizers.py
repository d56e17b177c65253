"""Optimizers by their formulas: updates, flat storage and what leaves it, state dicts, errors."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import engine
from engine.autograd.modes import no_grad, observing
from engine.creation import tensor
from engine.optim import (
    ASGD,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    NAdam,
    Optimizer,
    RAdam,
    RMSprop,
    Rprop,
)

SHAPES = ((3, 4), (4,), (), (2, 3, 5), (0,))
Make = Callable[[Any], Any]


def parameters(dtype: str = "float64", shapes: Sequence[tuple[int, ...]] = SHAPES, seed: int = 0) -> list[Any]:
    random = np.random.default_rng(seed)
    return [tensor(random.normal(size=shape).astype(dtype), requires_grad=True) for shape in shapes]


def give_gradients(members: Sequence[Any], step: int, skipped: Sequence[int] = ()) -> None:
    random = np.random.default_rng(1000 + step)
    for number, member in enumerate(members):
        gradient = random.normal(size=member.shape).astype(member.array.dtype)
        member.grad = None if number in skipped else tensor(gradient)


def train(optimizer: Any, members: Sequence[Any], steps: range) -> None:
    for step in steps:
        give_gradients(members, step)
        optimizer.step()


def values(members: Sequence[Any]) -> list[NDArray[Any]]:
    return [np.array(member.array) for member in members]


def equal(first: Sequence[NDArray[Any]], second: Sequence[NDArray[Any]]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


MAKERS: list[Make] = [
    lambda members: SGD(members, lr=0.1),
    lambda members: SGD(members, lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True),
    lambda members: SGD(members, lr=0.1, momentum=0.9, dampening=0.5, maximize=True),
    lambda members: Adam(members, lr=0.1, weight_decay=0.1, amsgrad=True),
    lambda members: AdamW(members, lr=0.1),
    lambda members: NAdam(members, lr=0.1, weight_decay=0.1),
    lambda members: RAdam(members, lr=0.1, betas=(0.5, 0.8)),
    lambda members: Adamax(members, lr=0.1),
    lambda members: Adagrad(members, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.1),
    lambda members: Adadelta(members),
    lambda members: RMSprop(members, momentum=0.9, centered=True),
    lambda members: ASGD(members, lr=0.1, t0=2),
    lambda members: Rprop(members),
    lambda members: Lion(members, lr=0.1, weight_decay=0.1),
]
NAMES = ["sgd", "nesterov", "dampened", "adam", "adamw", "nadam", "radam", "adamax", "adagrad", "adadelta"]
NAMES += ["rmsprop", "asgd", "rprop", "lion"]
each_maker = pytest.mark.parametrize("make", MAKERS, ids=NAMES)


def test_sgd_is_its_formula() -> None:
    members = parameters()
    optimizer = SGD(members, lr=0.1, momentum=0.9, dampening=0.25, weight_decay=0.01)
    expected, velocities = values(members), [np.zeros(0)] * len(members)
    for step in range(4):
        give_gradients(members, step)
        optimizer.step()
        for number, member in enumerate(members):
            gradient = member.grad.array + 0.01 * expected[number]
            velocities[number] = gradient if step == 0 else 0.9 * velocities[number] + 0.75 * gradient
            expected[number] = expected[number] - 0.1 * velocities[number]
            np.testing.assert_allclose(member.array, expected[number], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("decoupled", [False, True])
def test_adam_is_its_formula(decoupled: bool) -> None:
    members = parameters()
    kind = AdamW if decoupled else Adam
    optimizer = kind(members, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.05)
    expected = values(members)
    means, squares = [0 * each for each in expected], [0 * each for each in expected]
    for step in range(1, 5):
        give_gradients(members, step)
        optimizer.step()
        for number, member in enumerate(members):
            before, gradient = expected[number], member.grad.array
            if decoupled:
                before = before * (1 - 0.1 * 0.05)
            else:
                gradient = gradient + 0.05 * before
            means[number] = 0.8 * means[number] + 0.2 * gradient
            squares[number] = 0.95 * squares[number] + 0.05 * gradient**2
            mean, square = means[number] / (1 - 0.8**step), squares[number] / (1 - 0.95**step)
            expected[number] = before - 0.1 * mean / (np.sqrt(square) + 1e-3)
            np.testing.assert_allclose(member.array, expected[number], rtol=1e-12, atol=1e-14)


@each_maker
def test_parameters_share_one_buffer_and_keep_shape_and_order(make: Make) -> None:
    members = parameters()
    members.append(tensor(np.arange(12.0).reshape(3, 4).T.copy("F"), requires_grad=True))
    before = values(members)
    optimizer = make(members)
    for member in members:
        member.grad = tensor(np.zeros(member.shape))
    optimizer.param_groups[0].update(lr=0.0)
    optimizer.step()
    assert equal(values(members), before)
    owners = {id(member.array.base) for member in members if member.array.size}
    assert len(owners) == 1
    assert members[-1].array.shape == (4, 3)


@each_maker
def test_a_parameter_without_gradient_is_skipped(make: Make) -> None:
    together, apart = parameters(), parameters()
    optimizer, others = make(together), [make([member]) for member in apart]
    for step, skipped in enumerate([(1,), (), (0, 2), (), (3,)]):
        give_gradients(together, step, skipped)
        give_gradients(apart, step, skipped)
        before = values(together)
        versions = [member._version for member in together]
        optimizer.step()
        for other in others:
            other.step()
        for number in skipped:
            assert np.array_equal(together[number].array, before[number])
            assert together[number]._version == versions[number]
        assert equal(values(together), values(apart))


@each_maker
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training_resumes_to_the_same_bits(make: Make, dtype: str, tmp_path: Path) -> None:
    straight = parameters(dtype)
    train(make(straight), straight, range(8))
    stopped = parameters(dtype)
    first = make(stopped)
    train(first, stopped, range(3))
    resumed = [tensor(each, requires_grad=True) for each in values(stopped)]
    second = make(resumed)
    engine.save(first.state_dict(), tmp_path / "state")
    second.load_state_dict(engine.load(tmp_path / "state"))
    train(first, stopped, range(3, 8))
    train(second, resumed, range(3, 8))
    assert equal(values(straight), values(resumed))
    assert equal(values(straight), values(stopped))


@each_maker
def test_loading_into_an_optimizer_that_has_stepped_replaces_its_state(make: Make) -> None:
    members = parameters()
    optimizer = make(members)
    train(optimizer, members, range(2))
    saved, kept = values(members), make(parameters())
    kept.load_state_dict(optimizer.state_dict())
    train(optimizer, members, range(2, 5))
    finished = values(members)
    for member, value in zip(members, saved, strict=True):
        with no_grad():
            member.copy_(tensor(value))
    optimizer.load_state_dict(kept.state_dict())
    train(optimizer, members, range(2, 5))
    assert equal(values(members), finished)


@each_maker
def test_a_replaced_array_leaves_the_buffer_with_its_state(make: Make) -> None:
    usual, replaced = parameters(), parameters()
    first, second = make(usual), make(replaced)
    for step in range(6):
        for members, optimizer in ((usual, first), (replaced, second)):
            give_gradients(members, step)
            optimizer.step()
        if step in (1, 3):
            replaced[0].data = tensor(replaced[0].array)
            held = replaced[0].array
    assert equal(values(usual), values(replaced))
    assert replaced[0].array is held
    assert replaced[1].array.base is not None


@each_maker
def test_what_views_a_parameter_from_before_sees_its_updates(make: Make) -> None:
    members = parameters()
    alias, array, corner = members[0].detach(), members[1].array, members[3].array[0]
    optimizer = make(members)
    train(optimizer, members, range(2))
    assert np.array_equal(alias.array, members[0].array)
    assert np.array_equal(array, members[1].array)
    assert np.array_equal(corner, members[3].array[0])


@each_maker
def test_memory_with_gaps_is_updated_where_it_is(make: Make) -> None:
    whole = np.random.default_rng(0).normal(size=(4, 6))
    usual = [tensor(whole[:, ::2], requires_grad=True)]
    gaps = [tensor(whole)[:, ::2].detach().requires_grad_()]
    held = gaps[0].array
    assert not held.flags.c_contiguous
    for members in (usual, gaps):
        train(make(members), members, range(3))
    assert equal(values(usual), values(gaps))
    assert gaps[0].array is held


def test_parameters_of_two_dtypes_and_late_ones_are_updated() -> None:
    members = [*parameters("float32"), *parameters("float64"), *parameters("float32", seed=3)]
    twins = [tensor(each, requires_grad=True) for each in values(members)]
    optimizer, others = Adam(members, lr=0.1), [Adam([twin], lr=0.1) for twin in twins]
    for step in range(4):
        frozen = range(5) if step < 2 else ()
        give_gradients(members, step, frozen)
        give_gradients(twins, step, frozen)
        optimizer.step()
        for other in others:
            other.step()
    assert equal(values(members), values(twins))
    assert optimizer.state_dict()["state"][0]["step"].item() == 2
    assert optimizer.state_dict()["state"][7]["step"].item() == 4


@each_maker
def test_long_parameters_are_updated_piece_by_piece(make: Make) -> None:
    shapes = ((3,), (300, 500), (7,))
    together, halves = parameters(shapes=shapes), parameters(shapes=shapes)
    apart = [tensor(half, requires_grad=True) for half in np.split(halves[1].array.copy(), 10)]
    optimizer, other = make(together), make(apart)
    for step in range(3):
        give_gradients(together, step)
        optimizer.step()
        for part, gradient in zip(apart, np.split(together[1].grad.array, 10), strict=True):
            part.grad = tensor(gradient)
        other.step()
    assert np.array_equal(together[1].array, np.concatenate(values(apart)))


def test_state_that_is_cleared_starts_anew() -> None:
    members = parameters()
    optimizer = Adam(members)
    train(optimizer, members, range(2))
    optimizer.state.clear()
    fresh = [tensor(each, requires_grad=True) for each in values(members)]
    train(optimizer, members, range(2, 4))
    train(Adam(fresh), fresh, range(2, 4))
    assert equal(values(members), values(fresh))


def test_a_change_between_forward_and_backward_is_noticed() -> None:
    weight = tensor([2.0], requires_grad=True)
    optimizer = SGD([weight], lr=0.1)
    loss = (weight * weight).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_real_training_goes_down() -> None:
    weight = tensor([3.0, -2.0], requires_grad=True)
    optimizer = Adam([weight], lr=0.1)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (weight * weight).sum()
        loss.backward()
        return loss

    losses = [float(optimizer.step(closure).array) for _ in range(100)]
    assert losses[0] == 13
    assert losses[-1] < 0.01


def test_groups_have_values_of_their_own_read_at_each_step() -> None:
    first, second = parameters(shapes=((2,), (3,)))
    before = values([first, second])
    optimizer = SGD([{"params": [first]}, {"params": second, "lr": 1.0}], lr=0.5)
    give_gradients([first, second], 0)
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.0
    optimizer.step()
    np.testing.assert_allclose(first.array, before[0] - 0.5 * first.grad.array)
    np.testing.assert_allclose(second.array, before[1] - 2.0 * second.grad.array)


def test_zero_grad_drops_or_fills() -> None:
    members = parameters()
    optimizer = SGD(members)
    give_gradients(members, 0)
    kept = members[0].grad
    optimizer.zero_grad(set_to_none=False)
    assert members[0].grad.array is kept.array
    assert not kept.array.any()
    optimizer.zero_grad()
    assert all(member.grad is None for member in members)


def test_a_step_tells_a_recorder() -> None:
    class Recorder:
        def __init__(self) -> None:
            self.acted: list[Any] = []

        def ignore(self, *told: Any) -> None:
            return None

        ran = wrote = reads_host = holds_gradient = sets_history = guard = enters = ignore

        def acts(self, what: Any, gradients: list[Any]) -> None:
            self.acted.append((what, gradients))

    members = parameters()
    give_gradients(members, 0)
    recorder = Recorder()
    optimizer = SGD(members, lr=0.5)
    with observing(recorder):
        optimizer.step()
    [(update, gradients)] = recorder.acted
    assert all(mine is member.grad for mine, member in zip(gradients, members, strict=True))
    before = [member.array.copy() for member in members]
    update.again()
    assert optimizer.steps_taken == 2
    for member, old in zip(members, before, strict=True):
        np.testing.assert_allclose(member.array, old - 0.5 * member.grad.array, rtol=1e-6)


def test_a_subclass_writes_its_own_step() -> None:
    class Sign(Optimizer):
        def step(self, closure: Any = None) -> None:
            for group in self.param_groups:
                for member in group["params"]:
                    self.state[member]["count"] = self.state[member].get("count", 0) + 1
                    member.array[...] -= group["lr"] * np.sign(member.grad.array)

    members = parameters(shapes=((2,),))
    optimizer = Sign(members, {"lr": 0.1})
    train(optimizer, members, range(2))
    assert optimizer.state_dict()["state"] == {0: {"count": 2}}
    other = Sign(parameters(shapes=((2,),)), {"lr": 0.1})
    other.load_state_dict(optimizer.state_dict())
    assert list(other.state.values()) == [{"count": 2}]
