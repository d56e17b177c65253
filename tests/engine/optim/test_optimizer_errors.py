"""What optimizers refuse: parameters, values, state dicts of another shape."""

from typing import Any

import pytest

from engine.backend.dtype import complex64
from engine.creation import tensor, zeros
from engine.optim import LBFGS, SGD, Adadelta, Adam, AdamW, Lion, Muon, Optimizer, Rprop
from engine.optim.optimizer import required
from tests.engine.optim.test_optimizers import give_gradients, parameters


def test_names_stand_in_errors_and_groups() -> None:
    weight, bias = parameters(shapes=((2,), (3,)))
    optimizer = SGD([("weight", weight), ("bias", bias)])
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    with pytest.raises(ValueError, match="more than one parameter group: parameter 'bias'"):
        optimizer.add_param_group({"params": [("bias", bias)]})


def test_wrong_parameters_raise() -> None:
    first, second = parameters(shapes=((2,), (2,)))
    with pytest.raises(ValueError, match="empty parameter list"):
        SGD([])
    with pytest.raises(TypeError, match="iterable of tensors"):
        SGD(first)
    with pytest.raises(TypeError, match="parameter 1 of group 0 is int"):
        SGD([first, 3])
    with pytest.raises(ValueError, match="non-leaf"):
        SGD([first * 2])
    result = first * 2
    result.retain_grad()
    SGD([result])
    with pytest.raises(TypeError, match="order"):
        SGD({"params": {first}} for _ in range(1))
    with pytest.raises(ValueError, match="more than one parameter group"):
        SGD([{"params": [first]}, {"params": [second, first]}])
    with pytest.warns(UserWarning, match="duplicate"):
        SGD([first, first])


@pytest.mark.parametrize(
    ("kind", "wrong", "message"),
    [
        (SGD, {"lr": -1}, "learning rate: -1"),
        (SGD, {"lr": float("nan")}, "learning rate: nan"),
        (SGD, {"momentum": -1}, "momentum"),
        (SGD, {"nesterov": True}, "Nesterov"),
        (SGD, {"differentiable": True}, "differentiable=True is not supported"),
        (Adam, {"betas": (0.9, 1.0)}, "index 1"),
        (Adam, {"eps": -1e-8}, "epsilon"),
        (AdamW, {"weight_decay": -0.1}, "weight_decay"),
        (Adadelta, {"rho": -1}, "Invalid rho value: -1"),
        (Rprop, {"etas": (0.5, 0.9)}, "Invalid eta values: 0.5, 0.9"),
        (Lion, {"betas": (-0.1, 0.9)}, "index 0"),
        (LBFGS, {"lr": -1}, "Invalid learning rate: -1"),
    ],
)
def test_wrong_values_raise(kind: Any, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(parameters(), **wrong)


def test_a_state_dict_of_another_shape_is_refused() -> None:
    members = parameters()
    optimizer = Adam(members)
    give_gradients(members, 0)
    optimizer.step()
    saved = optimizer.state_dict()
    with pytest.raises(ValueError, match="different number of parameter groups"):
        Adam([{"params": members[:1]}, {"params": members[1:]}]).load_state_dict(saved)
    with pytest.raises(ValueError, match="group 0 has 5 parameters there, 1 here"):
        Adam(members[:1]).load_state_dict(saved)
    with pytest.raises(ValueError, match=r"'exp_avg' of parameter 0 has shape \(3, 4\)"):
        Adam(members[::-1]).load_state_dict(saved)


@pytest.mark.parametrize("kind", [SGD, Adam, Lion, LBFGS])
def test_complex_parameters_are_refused_by_name(kind: Any) -> None:
    with pytest.raises(TypeError, match=f"{kind.__name__} does not support complex parameters: parameter 1.*complex64"):
        kind([zeros(2), zeros(2, dtype=complex64)])


def test_matrices_alone_are_for_muon() -> None:
    optimizer = Muon([zeros(2, 3)])
    with pytest.raises(ValueError, match=r"only supports 2D parameters .* size: \(3,\)"):
        optimizer.add_param_group({"params": [zeros(3)]})
    assert len(optimizer.param_groups) == 1


def test_a_value_that_every_group_must_give() -> None:
    class Needy(Optimizer):
        pass

    weight = tensor([1.0], requires_grad=True)
    assert Needy([{"params": [weight], "lr": 0.5}], {"lr": required}).param_groups[0]["lr"] == 0.5
    with pytest.raises(ValueError, match="required optimization parameter lr: group 0"):
        Needy([weight], {"lr": required})
    with pytest.raises(NotImplementedError, match="Needy must define step"):
        Needy([weight], {}).step()


def test_a_hook_that_returns_anything_else_is_refused() -> None:
    optimizer = SGD([tensor([1.0], requires_grad=True)])
    optimizer.register_step_pre_hook(lambda *_: 3)
    with pytest.raises(RuntimeError, match=r"SGD.step must return None or a tuple .* returned 3"):
        optimizer.step()
