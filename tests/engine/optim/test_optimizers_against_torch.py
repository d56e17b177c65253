"""Optimizers beside PyTorch's: ten steps over a grid of arguments, state dicts carried across, signatures, errors."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np
import pytest

from engine import optim
from engine.backend.dtype import bfloat16
from engine.creation import tensor

torch = pytest.importorskip("torch")
from tests.engine.optim.beside_torch import STEPS, Twins, as_torch  # noqa: E402

pytestmark = pytest.mark.parity


def grid(kind: str, **choices: tuple[Any, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    for values in product(*choices.values()):
        yield kind, dict(zip(choices, values, strict=True))


BETAS = ((0.9, 0.999), (0.5, 0.8))
DECAYS = (0, 0.1)
BOTH = (False, True)
GRID = [
    *(
        (kind, each)
        for kind, each in grid(
            "SGD", momentum=(0, 0.9), dampening=(0, 0.3), weight_decay=DECAYS, nesterov=BOTH, maximize=BOTH
        )
        if not each["nesterov"] or (each["momentum"] and not each["dampening"])
    ),
    *grid("Adam", betas=BETAS, weight_decay=DECAYS, amsgrad=BOTH, maximize=BOTH, decoupled_weight_decay=BOTH),
    *grid("AdamW", betas=BETAS, weight_decay=DECAYS, amsgrad=BOTH, maximize=BOTH),
    *grid(
        "NAdam",
        betas=BETAS,
        weight_decay=DECAYS,
        momentum_decay=(0, 4e-3, 0.5),
        decoupled_weight_decay=BOTH,
        maximize=BOTH,
    ),
    *grid("RAdam", betas=BETAS, weight_decay=DECAYS, decoupled_weight_decay=BOTH, maximize=BOTH),
    *grid("Adamax", betas=BETAS, eps=(1e-8, 0.1), weight_decay=DECAYS, maximize=BOTH),
    *grid("Adagrad", lr_decay=(0, 0.3), weight_decay=DECAYS, initial_accumulator_value=(0, 0.2), maximize=BOTH),
    *grid("Adadelta", lr=(1.0, 0.3), rho=(0.9, 0.5), weight_decay=DECAYS, maximize=BOTH),
    *grid("RMSprop", alpha=(0.99, 0.5), momentum=(0, 0.9), centered=BOTH, weight_decay=DECAYS, maximize=BOTH),
    *grid("ASGD", lambd=(1e-4, 0.5), alpha=(0.75, 0.2), t0=(1e6, 3), weight_decay=DECAYS, maximize=BOTH),
    *grid("Rprop", etas=((0.5, 1.2), (0.3, 2.0)), step_sizes=((1e-6, 50), (0.02, 0.1)), maximize=BOTH),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("kind", "arguments"), GRID)
def test_ten_steps_are_pytorchs(kind: str, arguments: dict[str, Any], dtype: str) -> None:
    Twins(kind, arguments, dtype).run(range(STEPS))


# So large that each group is updated by the kernel of its rule.
LARGE = ((97, 89), (131,), (21_001,), (5, 7, 3))
WITH_KERNELS = ("SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adagrad", "RMSprop")


@pytest.mark.parametrize(("kind", "arguments"), [each for each in GRID if each[0] in WITH_KERNELS])
def test_ten_steps_in_one_pass_are_pytorchs(kind: str, arguments: dict[str, Any]) -> None:
    twins = Twins(kind, arguments, "float32", LARGE)
    twins.run(range(STEPS))
    kernels = [part.kernel for part in twins.mine.prepare().parts]
    assert kernels
    assert arguments.get("centered") or None not in kernels


CARRIED: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"momentum": 0.9, "dampening": 0.3}),
    ("SGD", {}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {}),
    ("NAdam", {}),
    ("RAdam", {"betas": (0.5, 0.8)}),
    ("Adamax", {}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.1}),
    ("Adadelta", {}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("RMSprop", {}),
    ("ASGD", {"t0": 2, "lambd": 0.3}),
    ("Rprop", {}),
]
each_carried = pytest.mark.parametrize(("kind", "arguments"), CARRIED)


@each_carried
def test_a_state_dict_of_pytorchs_loads_and_continues(kind: str, arguments: dict[str, Any]) -> None:
    twins = Twins(kind, arguments)
    for step in range(5):
        twins.step_other(step)
    twins.other.param_groups[0]["lr"] = 0.03
    twins.ours = [tensor(member.detach().numpy(), requires_grad=True) for member in twins.theirs]
    twins.remake_mine()
    twins.mine.load_state_dict(twins.other.state_dict())
    assert [group["lr"] for group in twins.mine.param_groups] == [0.03, 0.02]
    twins.run(range(5, STEPS))


@each_carried
def test_pytorch_loads_ours_and_continues(kind: str, arguments: dict[str, Any]) -> None:
    twins = Twins(kind, arguments)
    for step in range(5):
        twins.step_mine(step)
    twins.theirs = [torch.tensor(member.array, requires_grad=True) for member in twins.ours]
    twins.remake_other()
    twins.other.load_state_dict(as_torch(twins.mine.state_dict()))
    # After a load PyTorch itself computes these two's numbers in the parameter's type, where it had float32 before.
    twins.run(range(5, STEPS), 1e-6 if kind in ("NAdam", "ASGD") else None)


@each_carried
def test_state_dicts_look_alike(kind: str, arguments: dict[str, Any]) -> None:
    twins = Twins(kind, arguments)
    assert list(twins.mine.state_dict()["state"]) == list(twins.other.state_dict()["state"])
    twins.run(range(2, 3))
    written, expected = twins.mine.state_dict(), twins.other.state_dict()
    assert written["param_groups"] == expected["param_groups"]
    assert list(written["state"]) == list(expected["state"])
    for number, state in expected["state"].items():
        assert list(written["state"][number]) == list(state)
        for name, value in state.items():
            assert written["state"][number][name].array.dtype == value.numpy().dtype
            np.testing.assert_allclose(written["state"][number][name].array, value.numpy(), rtol=1e-14)


@each_carried
def test_bfloat16_is_close_to_pytorchs(kind: str, arguments: dict[str, Any]) -> None:
    random = np.random.default_rng(3)
    start, drawn = random.normal(size=(6, 5)), random.normal(size=(5, 6, 5))
    mine, other = tensor(start, dtype=bfloat16).requires_grad_(), torch.tensor(start, dtype=torch.bfloat16)
    ours = getattr(optim, kind)([mine], **{"lr": 0.05} | arguments)
    theirs = getattr(torch.optim, kind)([other.requires_grad_()], **{"lr": 0.05} | arguments)
    for gradient in drawn:
        mine.grad, other.grad = tensor(gradient, dtype=bfloat16), torch.tensor(gradient, dtype=torch.bfloat16)
        ours.step()
        theirs.step()
    assert all(each.dtype is bfloat16 for name, each in ours.state[mine].items() if name not in ours.numbers)
    np.testing.assert_allclose(mine.array.astype("float32"), other.detach().float().numpy(), rtol=0.02, atol=0.02)


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in CARRIED}))
def test_a_rate_that_is_a_tensor_is_read_at_each_step(kind: str) -> None:
    twins = Twins(kind, {})
    for group in twins.mine.param_groups:
        group["lr"] = tensor(group["lr"])
    for group in twins.other.param_groups:
        group["lr"] = torch.tensor(group["lr"])
    twins.run(range(2), 1e-6)
    for optimizer in (twins.mine, twins.other):
        optimizer.param_groups[0]["lr"].mul_(0.5)
    twins.run(range(2, STEPS), 1e-6)


ALL = [*sorted({kind for kind, _ in GRID}), "LBFGS", "Muon"]


@pytest.mark.parametrize("kind", ALL)
def test_signatures_are_pytorchs(kind: str) -> None:
    ours, theirs = (inspect.signature(getattr(module, kind)).parameters for module in (optim, torch.optim))
    assert [(each.name, each.kind, each.default) for each in ours.values()] == [
        (each.name, each.kind, each.default) for each in theirs.values()
    ]


WRONG: list[tuple[str, dict[str, Any]]] = [
    *((kind, {"lr": -1}) for kind in ALL),
    *((kind, {"weight_decay": -0.1}) for kind in ALL if kind not in ("LBFGS", "Rprop")),
    *((kind, {"betas": betas}) for kind in ("Adam", "NAdam", "RAdam", "Adamax") for betas in ((1.0, 0.9), (0.9, -0.1))),
    *((kind, {"eps": -1e-9}) for kind in ("Adam", "NAdam", "RAdam", "Adamax", "Adagrad", "Adadelta", "RMSprop")),
    *((kind, {"momentum": -1}) for kind in ("SGD", "RMSprop", "Muon")),
    *((kind, {"fused": True, "foreach": True}) for kind in ("SGD", "Adam", "AdamW", "Adagrad")),
    *((kind, {"fused": True, "differentiable": True}) for kind in ("SGD", "Adam", "Adagrad")),
    ("SGD", {"nesterov": True}),
    ("NAdam", {"momentum_decay": -1}),
    ("Adagrad", {"lr_decay": -1}),
    ("Adagrad", {"initial_accumulator_value": -1}),
    ("Adadelta", {"rho": 1.1}),
    ("RMSprop", {"alpha": -1}),
    ("Rprop", {"etas": (1.1, 1.2)}),
    ("Muon", {"adjust_lr_fn": "mine"}),
]


@pytest.mark.parametrize(("kind", "wrong"), WRONG)
def test_wrong_values_raise_as_in_pytorch(kind: str, wrong: dict[str, Any]) -> None:
    errors = []
    for module, make in ((optim, tensor), (torch.optim, torch.tensor)):
        with pytest.raises((ValueError, RuntimeError)) as caught:
            getattr(module, kind)([make([[1.0]], requires_grad=True)], **wrong)
        errors.append(caught.value)
    assert type(errors[0]) is type(errors[1])
    assert str(errors[0]).startswith(str(errors[1]))


def test_a_rate_of_several_elements_raises_as_in_pytorch() -> None:
    for kind in ALL:
        for module, make in ((optim, tensor), (torch.optim, torch.tensor)):
            with pytest.raises(ValueError, match="Tensor lr must be 1-element"):
                getattr(module, kind)([make([[1.0]])], lr=make([0.1, 0.2]))


def test_hooks_are_called_as_pytorchs() -> None:
    def told(module: Any, make: Any) -> list[Any]:
        weight = make([1.0], requires_grad=True)
        optimizer = module.SGD([weight], lr=0.5)
        record: list[Any] = []
        shared = import_module(f"{module.__name__}.optimizer")
        handles = [
            optimizer.register_step_pre_hook(lambda each, args, kwargs: record.append(("before", len(args), *kwargs))),
            optimizer.register_step_post_hook(lambda each, args, kwargs: record.append(("after", len(args), *kwargs))),
            shared.register_optimizer_step_pre_hook(lambda *_: record.append("before any")),
            shared.register_optimizer_step_post_hook(lambda *_: record.append("after any")),
            optimizer.register_state_dict_pre_hook(lambda each: record.append("giving")),
            optimizer.register_state_dict_post_hook(lambda each, given: given | {"more": 1}),
            optimizer.register_state_dict_post_hook(lambda each, given: record.append(sorted(given)), prepend=True),
            optimizer.register_load_state_dict_pre_hook(lambda each, taken: record.append(sorted(taken))),
            optimizer.register_load_state_dict_post_hook(lambda each: record.append("taken")),
        ]
        for _ in range(2):
            weight.grad = make([1.0])
            optimizer.step(closure=lambda: 2)
            state = optimizer.state_dict()
            record.append(sorted(state))
            optimizer.load_state_dict(state)
            for handle in handles:
                handle.remove()
        return record

    assert told(optim, tensor) == told(torch.optim, torch.tensor)
