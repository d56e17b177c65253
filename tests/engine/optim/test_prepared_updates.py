"""The prepared update of an optimizer: when it holds and when not, what it reads anew, what it writes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import nn
from engine.autograd.modes import no_grad
from engine.autograd.tensor_base import wrap
from engine.creation import tensor
from engine.kernels.cpu.optimizers_passes import LEAST_TO_UPDATE
from engine.optim import ASGD, LBFGS, SGD, Adam, AdamW, Muon, NAdam, RMSprop
from engine.optim.flat_optimizer import FlatOptimizer

SHAPES = ((3, 4), (4,), (), (2, 3, 5), (0,))
LARGE = ((LEAST_TO_UPDATE,), (7,))


def parameters(shapes: Any = SHAPES) -> list[Any]:
    random = np.random.default_rng(0)
    return [tensor(random.normal(size=shape).astype("f"), requires_grad=True) for shape in shapes]


def give_gradients(members: list[Any], seed: int = 0) -> None:
    random = np.random.default_rng(100 + seed)
    for member in members:
        member.grad = tensor(random.normal(size=member.shape).astype(member.array.dtype))


def prepared(make: Callable[[Any], FlatOptimizer], shapes: Any = SHAPES) -> tuple[FlatOptimizer, list[Any], Any]:
    members = parameters(shapes)
    optimizer = make(members)
    give_gradients(members)
    optimizer.step()
    return optimizer, members, optimizer.prepare()


def set_value(name: str, value: Any) -> Callable[[Any, list[Any]], None]:
    return lambda optimizer, members: optimizer.param_groups[0].update({name: value})


def replace_array(optimizer: Any, members: list[Any]) -> None:
    members[0].data = tensor(members[0].array.copy())


def drop_gradient(optimizer: Any, members: list[Any]) -> None:
    members[1].grad = None


def replace_state(optimizer: Any, members: list[Any]) -> None:
    optimizer.state[members[0]]["exp_avg"] = tensor(np.zeros((3, 4), "f"))


def replace_count(optimizer: Any, members: list[Any]) -> None:
    optimizer.state[members[2]]["step"] = tensor(1.0)


def replace_states_of_one(optimizer: Any, members: list[Any]) -> None:
    optimizer.state[members[0]] = dict.fromkeys(("step", "exp_avg", "exp_avg_sq"))


def forget_a_state(optimizer: Any, members: list[Any]) -> None:
    del optimizer.state[members[0]]["exp_avg_sq"]


def forget_all(optimizer: Any, members: list[Any]) -> None:
    optimizer.state.clear()


def load(optimizer: Any, members: list[Any]) -> None:
    optimizer.load_state_dict(optimizer.state_dict())


def add_group(optimizer: Any, members: list[Any]) -> None:
    optimizer.add_param_group({"params": [tensor([1.0], requires_grad=True)]})


def leave_group(optimizer: Any, members: list[Any]) -> None:
    optimizer.param_groups[0]["params"].pop()


BREAKING = {
    "array": replace_array,
    "gradient": drop_gradient,
    "state": replace_state,
    "count": replace_count,
    "states": replace_states_of_one,
    "missing": forget_a_state,
    "forgotten": forget_all,
    "loaded": load,
    "group": add_group,
    "fewer": leave_group,
    "amsgrad": set_value("amsgrad", True),
    "maximize": set_value("maximize", True),
    "decoupled": set_value("decoupled_weight_decay", True),
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_a_change_makes_a_new_update(change: Callable[[Any, list[Any]], None]) -> None:
    optimizer, members, update = prepared(lambda members: Adam(members))
    assert update.holds()
    assert optimizer.prepare() is update
    change(optimizer, members)
    assert not update.holds()
    assert optimizer.prepare() is not update
    assert optimizer.prepare().holds()


@pytest.mark.parametrize(
    "values",
    [{"lr": 0.5}, {"lr": tensor(0.5)}, {"betas": (0.5, 0.6)}, {"eps": 0.1}, {"weight_decay": 0.3}],
    ids=["lr", "tensor", "betas", "eps", "weight_decay"],
)
@pytest.mark.parametrize("shapes", [SHAPES, LARGE], ids=["reference", "kernel"])
def test_numbers_are_read_in_each_run(values: dict[str, Any], shapes: Any) -> None:
    optimizer, members, update = prepared(lambda members: Adam(members, lr=0.1), shapes)
    fresh = [tensor(member.array.copy(), requires_grad=True) for member in members]
    other = Adam(fresh)
    other.load_state_dict(optimizer.state_dict())
    for each in (optimizer, other):
        each.param_groups[0].update(values)
    assert update.holds()
    give_gradients(members, 1)
    give_gradients(fresh, 1)
    update.collect()
    update.run()
    other.step()
    for mine, right in zip(members, fresh, strict=True):
        assert np.array_equal(mine.array, right.array)
    assert optimizer.state[members[0]]["step"].item() == 2


def test_momentum_that_comes_or_goes_is_a_change() -> None:
    optimizer, members, update = prepared(lambda members: SGD(members, lr=0.1))
    optimizer.param_groups[0]["momentum"] = 0.9
    assert not update.holds()
    optimizer.step()
    assert "momentum_buffer" in optimizer.state[members[0]]
    update = optimizer.prepare()
    optimizer.param_groups[0]["momentum"] = 0.5
    assert update.holds()
    optimizer.param_groups[0]["momentum"] = 0.0
    assert not update.holds()


def test_it_stands_while_gradients_come_and_go() -> None:
    optimizer, members, update = prepared(lambda members: Adam(members))
    optimizer.zero_grad()
    assert update.stands()
    assert not update.holds()
    replace_array(optimizer, members)
    assert not update.stands()


@pytest.mark.parametrize("shapes", [SHAPES, LARGE], ids=["reference", "kernel"])
@pytest.mark.parametrize(
    "make",
    [
        lambda members: SGD(members, lr=0.1, momentum=0.9, weight_decay=0.1, maximize=True),
        lambda members: AdamW(members, amsgrad=True),
        lambda members: NAdam(members, weight_decay=0.1),
        lambda members: ASGD(members, t0=1),
        lambda members: RMSprop(members, momentum=0.9, centered=True),
    ],
    ids=["sgd", "adamw", "nadam", "asgd", "rmsprop"],
)
def test_what_it_writes_is_all_it_changes(make: Any, shapes: Any) -> None:
    _, members, update = prepared(make, shapes)
    kept = [member.array.copy() for member in update.parameters], [each.copy() for each in update.states]
    results = []
    for _ in range(2):
        for member, value in zip(update.parameters, kept[0], strict=True):
            member.array[...] = value
        for state, value in zip(update.states, kept[1], strict=True):
            state[...] = value
        versions = [member._version for member in members]
        update.run()
        assert [member._version for member in members] == [version + 1 for version in versions]
        results.append([*(member.array.copy() for member in members), *(each.copy() for each in update.states)])
    assert set(map(id, update.parameters)) == set(map(id, members))
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(results[0][0], kept[0][0])


@pytest.mark.parametrize("shapes", [SHAPES, LARGE], ids=["reference", "kernel"])
def test_gradients_that_lie_in_place_are_neither_copied_nor_changed(shapes: Any) -> None:
    make: Any = lambda members: SGD(members, lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True, maximize=True)  # noqa: E731
    optimizer, members, update = prepared(make, shapes)
    others = [tensor(member.array.copy(), requires_grad=True) for member in members]
    other = make(others)
    other.load_state_dict(optimizer.state_dict())
    give_gradients(others, 1)
    for (member, place), twin in zip(update.gradients, others, strict=True):
        place[...] = twin.grad.array
        member.gradient = wrap(type(twin.grad), place)
    optimizer.step()
    other.step()
    for member, twin in zip(members, others, strict=True):
        assert np.array_equal(member.array, twin.array)
        assert np.array_equal(member.grad.array, twin.grad.array)


def test_gradients_lie_where_their_parameters_do() -> None:
    members = [*parameters(), tensor(np.arange(12.0).reshape(3, 4).T.astype("f", order="F"), requires_grad=True)]
    optimizer = Adam(members)
    give_gradients(members)
    update = optimizer.prepare()
    for member, place in update.gradients:
        assert place.shape == member.shape
        assert place.strides == member.array.strides
    update.collect()
    for member, place in update.gradients:
        assert np.array_equal(place, member.grad.array)


def test_the_norm_is_that_of_all_gradients() -> None:
    members = [*parameters(LARGE), tensor(np.ones(5), requires_grad=True)]
    optimizer = Adam([{"params": members[:1]}, {"params": members[1:], "lr": 0.1}])
    give_gradients(members)
    update = optimizer.prepare()
    update.collect()
    together = np.concatenate([member.grad.array.reshape(-1).astype("d") for member in members])
    assert update.norm() == pytest.approx(np.linalg.norm(together), rel=1e-7)


def test_a_late_parameter_moves_into_flat_storage_too() -> None:
    members = parameters(((3, 4), (4,), (5,)))
    optimizer = Adam(members)
    give_gradients(members[:1])
    optimizer.step()
    give_gradients(members)
    optimizer.step()
    optimizer.step()
    assert members[1].array.base is members[2].array.base is not None


def test_nothing_to_update_is_an_update() -> None:
    optimizer = Adam(parameters())
    update = optimizer.prepare()
    assert update.parameters == update.gradients == update.states == ()
    assert update.norm() == 0
    update.run()
    optimizer.step()
    assert not optimizer.state


def test_an_update_in_the_midst_of_training_is_the_next_step() -> None:
    make: Any = lambda members: Adam(members, lr=0.05)  # noqa: E731
    models = [nn.Linear(6, 3), nn.Linear(6, 3)]
    models[1].load_state_dict(models[0].state_dict())
    optimizers = [make(model.parameters()) for model in models]
    x = tensor(np.random.default_rng(0).normal(size=(5, 6)).astype("f"))
    for step in range(6):
        for model, optimizer in zip(models, optimizers, strict=True):
            optimizer.zero_grad()
            model(x).square().mean().backward()
            if optimizer is optimizers[0] or step % 2:
                optimizer.step()
            else:
                with no_grad():
                    update = optimizer.prepare()
                    update.collect()
                    update.run()
    for one, other in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert np.array_equal(one.array, other.array)


def test_what_is_no_rule_by_elements_prepares_nothing() -> None:
    assert LBFGS(parameters()).prepare() is None
    assert Muon(parameters(((3, 4),))).prepare() is None
