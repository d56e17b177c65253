"""Schedules beside PyTorch's: the very same rates over a grid of arguments, also resumed in the middle."""

import inspect
import json
import warnings
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from engine import optim
from engine.creation import tensor
from engine.optim import lr_scheduler as ours

torch = pytest.importorskip("torch")
theirs = torch.optim.lr_scheduler
pytestmark = pytest.mark.parity

STEPS = 25


def halving(epoch: int) -> float:
    return 0.5 ** (epoch // 4)


def shrinking(epoch: int) -> float:
    return 0.95 - 0.01 * epoch


GRID: list[tuple[str, dict[str, Any]]] = [
    *(("StepLR", {"step_size": size, "gamma": gamma}) for size, gamma in product((1, 3, 30), (0.1, 0.7))),
    *(("MultiStepLR", {"milestones": each, "gamma": 0.3}) for each in ([], [4], [9, 3, 3], [0, 24])),
    *(("ExponentialLR", {"gamma": gamma}) for gamma in (0.9, 1.0)),
    *(("ConstantLR", {"factor": factor, "total_iters": n}) for factor, n in product((0.3, 1.0), (0, 1, 7))),
    *(
        ("LinearLR", {"start_factor": start, "end_factor": end, "total_iters": n})
        for start, end, n in product((0.1, 1.0), (0.0, 0.5, 1.0), (1, 7, 40))
    ),
    *(("PolynomialLR", {"total_iters": n, "power": power}) for n, power in product((1, 7, 40), (0.5, 1.0, 2.0))),
    *(("CosineAnnealingLR", {"T_max": n, "eta_min": low}) for n, low in product((1, 6, 24, 50), (0.0, 0.01))),
    *(
        ("CosineAnnealingWarmRestarts", {"T_0": n, "T_mult": times, "eta_min": low})
        for n, times, low in product((1, 4), (1, 2, 3), (0.0, 0.01))
    ),
    *(
        (
            "OneCycleLR",
            {"max_lr": top, "total_steps": 30, "pct_start": share, "anneal_strategy": way, "three_phase": three},
        )
        for top, share, way, three in product((1.0, [0.3, 0.7]), (0.3, 0.45), ("cos", "linear"), (False, True))
    ),
    ("OneCycleLR", {"max_lr": 0.2, "epochs": 5, "steps_per_epoch": 6, "cycle_momentum": False, "div_factor": 10.0}),
    *(
        ("CyclicLR", {"base_lr": low, "max_lr": 0.2, "step_size_up": up, "step_size_down": down, "mode": mode})
        for low, up, down, mode in product((0.01, [0.02, 0.05]), (1, 4), (None, 3), ("triangular", "triangular2"))
    ),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": [0.2, 0.3], "step_size_up": 5, "mode": "exp_range", "gamma": 0.9}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 5, "scale_fn": halving, "scale_mode": "iterations"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 2, "scale_fn": halving, "cycle_momentum": False}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.2, "step_size_up": 3, "base_momentum": 0.5, "max_momentum": [0.7, 0.8]}),
    ("LambdaLR", {"lr_lambda": halving}),
    ("LambdaLR", {"lr_lambda": [halving, shrinking]}),
    ("MultiplicativeLR", {"lr_lambda": shrinking}),
]


def pair(kind: str = "SGD", **arguments: Any) -> tuple[Any, Any]:
    groups = [0.1, 0.03]
    mine = [{"params": [tensor([1.0], requires_grad=True)], "lr": lr} for lr in groups]
    other = [{"params": [torch.tensor([1.0], requires_grad=True)], "lr": lr} for lr in groups]
    return getattr(optim, kind)(mine, **arguments), getattr(torch.optim, kind)(other, **arguments)


def cycled(optimizer: Any) -> list[Any]:
    return [[group["lr"], group.get("momentum"), group.get("betas")] for group in optimizer.param_groups]


def walk(scheduler: Any, steps: int) -> Iterator[tuple[list[float], list[Any]]]:
    for _ in range(steps):
        yield list(scheduler.get_last_lr()), cycled(scheduler.optimizer)
        scheduler.optimizer.step()
        scheduler.step()


@pytest.mark.parametrize(("name", "arguments"), GRID)
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_rates_are_pytorchs(name: str, arguments: dict[str, Any], kind: str) -> None:
    mine, other = pair(kind)
    scheduler, expected = getattr(ours, name)(mine, **arguments), getattr(theirs, name)(other, **arguments)
    assert list(walk(scheduler, STEPS)) == list(walk(expected, STEPS))


@pytest.mark.parametrize(("name", "arguments"), GRID)
def test_rates_after_a_resume_are_pytorchs(name: str, arguments: dict[str, Any]) -> None:
    mine, other = pair()
    expected = list(walk(getattr(theirs, name)(other, **arguments), STEPS))
    scheduler = getattr(ours, name)(mine, **arguments)
    assert list(walk(scheduler, 9)) == expected[:9]
    saved = json.loads(json.dumps([mine.state_dict()["param_groups"], scheduler.state_dict()]))
    resumed, _ = pair()
    resumed.load_state_dict({"state": {}, "param_groups": saved[0]})
    again = getattr(ours, name)(pair()[0], **arguments)
    again.optimizer = resumed
    again.load_state_dict(saved[1])
    assert [rates for rates, _ in walk(again, STEPS - 9)] == [rates for rates, _ in expected[9:]]


@pytest.mark.parametrize(("name", "arguments"), GRID)
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_pytorch_continues_from_a_state_of_ours(name: str, arguments: dict[str, Any], kind: str) -> None:
    mine, other = pair(kind)
    scheduler, expected = getattr(ours, name)(mine, **arguments), getattr(theirs, name)(other, **arguments)
    list(walk(scheduler, 6))
    for group, there in zip(mine.param_groups, other.param_groups, strict=True):
        there.update({key: value for key, value in group.items() if key != "params"})
    expected.load_state_dict(scheduler.state_dict())
    assert list(walk(scheduler, 10)) == list(walk(expected, 10))


@pytest.mark.parametrize(
    ("name", "arguments"), [each for each in GRID if each[0] not in ("OneCycleLR", "MultiplicativeLR")]
)
def test_closed_forms_are_pytorchs(name: str, arguments: dict[str, Any]) -> None:
    mine, other = pair()
    scheduler, expected = getattr(ours, name)(mine, **arguments), getattr(theirs, name)(other, **arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for epoch in (5, 2, 17, 18):
            scheduler.step(epoch)
            expected.step(epoch)
            assert scheduler.get_last_lr() == pytest.approx(expected.get_last_lr(), rel=1e-14)
            assert scheduler.last_epoch == expected.last_epoch


def combined(module: Any, name: str, optimizer: Any) -> Any:
    match name:
        case "warmup, then cosine":
            parts = [module.LinearLR(optimizer, 0.1, total_iters=5), module.CosineAnnealingLR(optimizer, 20)]
            return module.SequentialLR(optimizer, parts, [5])
        case "three in a row":
            parts = [
                module.ConstantLR(optimizer, 0.5, 2),
                module.ExponentialLR(optimizer, 0.9),
                module.StepLR(optimizer, 3),
            ]
            return module.SequentialLR(optimizer, parts, [4, 11])
        case "restarts last":
            parts = [module.LinearLR(optimizer), module.CosineAnnealingWarmRestarts(optimizer, 4)]
            return module.SequentialLR(optimizer, parts, [3])
        case "three at once":
            parts = [module.LinearLR(optimizer, 0.2), module.ExponentialLR(optimizer, 0.9), module.StepLR(optimizer, 4)]
            return module.ChainedScheduler(parts, optimizer)
    raise AssertionError(name)


COMBINED = ["warmup, then cosine", "three in a row", "restarts last", "three at once"]


@pytest.mark.parametrize("name", COMBINED)
def test_combined_rates_are_pytorchs(name: str) -> None:
    mine, other = pair()
    with warnings.catch_warnings():
        # PyTorch's own SequentialLR steps its parts before the optimizer.
        warnings.simplefilter("ignore")
        expected = list(walk(combined(theirs, name, other), STEPS))
    assert list(walk(combined(ours, name, mine), STEPS)) == expected


PLATEAUS = [
    {"mode": mode, "threshold_mode": kind, "patience": patience, "cooldown": cooldown, "factor": 0.5, "min_lr": low}
    for mode, kind, patience, cooldown, low in product(
        ("min", "max"), ("rel", "abs"), (0, 2), (0, 3), (0, [0.02, 0.001])
    )
]


@pytest.mark.parametrize("arguments", PLATEAUS)
def test_plateaus_are_pytorchs(arguments: dict[str, Any]) -> None:
    metrics = [
        3,
        2,
        2.5,
        2.1,
        1.9,
        1.9,
        1.89999,
        1.95,
        2,
        5,
        1,
        1,
        1,
        1,
        float("nan"),
        0.5,
        0.6,
        0.6,
        0.6,
        0.6,
        0.6,
        0.6,
    ]
    mine, other = pair()
    scheduler, expected = ours.ReduceLROnPlateau(mine, **arguments), theirs.ReduceLROnPlateau(other, **arguments)
    for metric in metrics:
        scheduler.step(metric)
        expected.step(metric)
        assert scheduler.get_last_lr() == expected.get_last_lr()
        assert scheduler.num_bad_epochs == expected.num_bad_epochs


@pytest.mark.parametrize(("name", "arguments"), GRID)
def test_a_state_of_pytorchs_loads(name: str, arguments: dict[str, Any]) -> None:
    mine, other = pair()
    expected = getattr(theirs, name)(other, **arguments)
    list(walk(expected, 6))
    scheduler = getattr(ours, name)(mine, **arguments)
    for group, there in zip(mine.param_groups, other.param_groups, strict=True):
        group.update({key: value for key, value in there.items() if key != "params"})
    scheduler.load_state_dict(expected.state_dict())
    assert list(walk(scheduler, 10)) == list(walk(expected, 10))


@pytest.mark.parametrize("name", COMBINED)
def test_states_of_combined_ones_are_carried_to_and_from_pytorch(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for giving, taking in ((ours, theirs), (theirs, ours)):
            optimizers = dict(zip((ours, theirs), pair(), strict=True))
            given = combined(giving, name, optimizers[giving])
            list(walk(given, 7))
            taken = combined(taking, name, optimizers[taking])
            for group, there in zip(optimizers[taking].param_groups, optimizers[giving].param_groups, strict=True):
                group["lr"] = there["lr"]
            taken.load_state_dict(given.state_dict())
            assert list(walk(taken, 10)) == list(walk(given, 10))


class Slower:
    """A factor that is an object: it remembers how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, epoch: int) -> float:
        self.asked += 1
        return 1 / self.asked


@pytest.mark.parametrize("name", ["LambdaLR", "MultiplicativeLR"])
def test_callable_objects_are_part_of_a_state(name: str) -> None:
    mine, other = pair()
    scheduler, expected = getattr(ours, name)(mine, Slower()), getattr(theirs, name)(other, Slower())
    list(walk(scheduler, 4))
    list(walk(expected, 4))
    assert scheduler.state_dict()["lr_lambdas"] == expected.state_dict()["lr_lambdas"]
    resumed = getattr(ours, name)(pair()[0], Slower())
    resumed.optimizer.load_state_dict({"state": {}, "param_groups": mine.state_dict()["param_groups"]})
    resumed.load_state_dict(json.loads(json.dumps(scheduler.state_dict())))
    assert list(walk(resumed, 5)) == list(walk(scheduler, 5)) == list(walk(expected, 5))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("StepLR", {"step_size": 3}),
        ("LinearLR", {}),
        ("CosineAnnealingLR", {"T_max": 8}),
        ("CosineAnnealingWarmRestarts", {"T_0": 4}),
        ("OneCycleLR", {"max_lr": 1.0, "total_steps": 20}),
        ("CyclicLR", {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 3}),
        ("LambdaLR", {"lr_lambda": halving}),
        ("PolynomialLR", {}),
    ],
)
def test_a_rate_that_is_a_tensor_is_filled_in_place(name: str, arguments: dict[str, Any]) -> None:
    mine, other = pair()
    for optimizer, make in ((mine, tensor), (other, torch.tensor)):
        for group in optimizer.param_groups:
            group["lr"] = make(group["lr"])
    scheduler, expected = getattr(ours, name)(mine, **arguments), getattr(theirs, name)(other, **arguments)
    held = [group["lr"] for group in mine.param_groups]
    for _ in range(10):
        found, wanted = ([float(rate) for rate in each.get_last_lr()] for each in (scheduler, expected))
        assert found == pytest.approx(wanted, rel=1e-5, abs=1e-7)
        for each in (scheduler, expected):
            each.optimizer.step()
            each.step()
    assert all(group["lr"] is rate for group, rate in zip(mine.param_groups, held, strict=True))


@pytest.mark.parametrize("name", [name for name in theirs.__all__ if name != "LRScheduler"])
def test_signatures_are_pytorchs(name: str) -> None:
    mine, other = (inspect.signature(getattr(module, name)).parameters for module in (ours, theirs))
    assert [(each.name, each.kind, each.default) for each in mine.values()] == [
        (each.name, each.kind, each.default) for each in other.values()
    ]


def test_a_subclass_written_for_pytorch_runs() -> None:
    def subclass(base: Any) -> Any:
        class Halved(base):
            def get_lr(self) -> list[float]:
                assert self._get_lr_called_within_step
                if self._is_initial:
                    return [group["lr"] for group in self.optimizer.param_groups]
                return [group["lr"] / 2 for group in self.optimizer.param_groups]

            def _get_closed_form_lr(self) -> list[float]:
                return [base / 2**self.last_epoch for base in self.base_lrs]

        return Halved

    mine, other = pair()
    scheduler, expected = subclass(ours._LRScheduler)(mine), subclass(theirs._LRScheduler)(other)
    assert list(walk(scheduler, 5)) == list(walk(expected, 5))
    for each in (scheduler, expected):
        with pytest.warns(UserWarning, match="deprecated"):
            each.step(2)
    assert scheduler.get_last_lr() == expected.get_last_lr()


def test_a_group_that_comes_later_is_lowered_too() -> None:
    mine, other = pair()
    schedulers = [ours.ReduceLROnPlateau(mine, patience=0), theirs.ReduceLROnPlateau(other, patience=0)]
    listed = [
        ours.ReduceLROnPlateau(mine, patience=0, min_lr=[0.1, 0.1]),
        theirs.ReduceLROnPlateau(other, patience=0, min_lr=[0.1, 0.1]),
    ]
    for optimizer, make in ((mine, tensor), (other, torch.tensor)):
        optimizer.add_param_group({"params": [make([1.0], requires_grad=True)], "lr": 0.7})
    for scheduler in schedulers:
        for _ in range(3):
            scheduler.step(1.0)
    assert schedulers[0].get_last_lr() == schedulers[1].get_last_lr()
    for scheduler in listed:
        scheduler.step(1.0)
        with pytest.raises(RuntimeError, match="The number of param groups"):
            scheduler.step(1.0)
