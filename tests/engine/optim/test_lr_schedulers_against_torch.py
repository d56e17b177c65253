"""Schedules beside PyTorch's: the very same rates over a grid of arguments, also resumed in the middle."""

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


@pytest.mark.parametrize(
    ("name", "arguments"), [each for each in GRID if each[0] not in ("OneCycleLR", "LambdaLR", "MultiplicativeLR")]
)
def test_a_state_of_pytorchs_loads(name: str, arguments: dict[str, Any]) -> None:
    mine, other = pair()
    expected = getattr(theirs, name)(other, **arguments)
    list(walk(expected, 6))
    scheduler = getattr(ours, name)(mine, **arguments)
    for group, theirs_group in zip(mine.param_groups, other.param_groups, strict=True):
        group["lr"] = theirs_group["lr"]
    scheduler.load_state_dict(expected.state_dict())
    assert [rates for rates, _ in walk(scheduler, 10)] == [rates for rates, _ in walk(expected, 10)]
