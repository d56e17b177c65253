"""Copies of optimizers, and hooks around steps that call each other."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from engine.creation import tensor
from engine.optim import SGD, Optimizer
from engine.optim.optimizer import register_optimizer_step_post_hook
from tests.engine.optim.test_optimizers import MAKERS, NAMES, equal, parameters, train, values


@pytest.mark.parametrize("make", MAKERS, ids=NAMES)
@pytest.mark.parametrize("twin", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))], ids=["copy", "pickle"])
def test_a_copy_goes_on_alone_and_equally(make: Any, twin: Any) -> None:
    members = parameters()
    optimizer = make(members)
    train(optimizer, members, range(3))
    again = twin(optimizer)
    copies = again.param_groups[0]["params"]
    before = values(members)
    train(again, copies, range(3, 6))
    assert equal(values(members), before)
    train(optimizer, members, range(3, 6))
    assert equal(values(members), values(copies))


def test_a_step_that_calls_its_bases_counts_once() -> None:
    class Watched(SGD):
        def step(self, closure: Any = None) -> Any:
            return super().step(closure)

    told: list[str] = []
    optimizer = Watched([tensor([1.0], requires_grad=True)])
    optimizer.register_step_post_hook(lambda each, *_: told.append("own"))
    with register_optimizer_step_post_hook(lambda each, *_: told.append(type(each).__name__)):
        optimizer.step()
    optimizer.step()
    assert told == ["own", "Watched", "own"]
    assert optimizer.steps_taken == 2


def test_a_hook_before_a_step_may_change_its_arguments() -> None:
    optimizer = SGD([tensor([1.0], requires_grad=True)])
    optimizer.register_step_pre_hook(lambda each, args, kwargs: (args, {"closure": lambda: 5}))
    assert optimizer.step() == 5


def test_a_step_that_fails_leaves_hooks_in_order() -> None:
    optimizer = SGD([tensor([1.0], requires_grad=True)])
    told: list[str] = []
    optimizer.register_step_post_hook(lambda *_: told.append("after"))

    def failing() -> None:
        raise KeyError("no loss")

    with pytest.raises(KeyError, match="no loss"):
        optimizer.step(failing)
    assert (told, optimizer.steps_taken) == ([], 0)
    optimizer.step()
    assert (told, optimizer.steps_taken) == (["after"], 1)


def test_tensors_inside_containers_are_loaded_like_the_parameter() -> None:
    class Keeper(Optimizer):
        pass

    weight = tensor(np.ones(2), requires_grad=True)
    giver, taker = Keeper([weight], {}), Keeper([tensor(np.ones(2, "float32"), requires_grad=True)], {})
    giver.state[weight] = {"step": tensor(3.0), "history": [tensor(np.ones(2)), None, {"deep": tensor(np.ones(1))}]}
    taker.load_state_dict(giver.state_dict())
    (state,) = taker.state.values()
    assert state["step"].array.dtype == np.float32
    assert state["history"][0].array.dtype == state["history"][2]["deep"].array.dtype == np.float32
    assert state["history"][1] is None
