"""Schedules by their formulas, JSON round trips, warnings and errors."""

import json
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.creation import tensor
from engine.optim import SGD, Adagrad, Adam
from engine.optim import lr_scheduler as schedules

LR = 0.5


def optimizer(kind: Any = SGD, lr: float = LR) -> Any:
    return kind(
        [{"params": [tensor([1.0], requires_grad=True)]}, {"params": [tensor([2.0], requires_grad=True)]}], lr=lr
    )


def rates(scheduler: Any, steps: int) -> list[float]:
    found = [scheduler.get_last_lr()[0]]
    for _ in range(steps):
        scheduler.optimizer.step()
        scheduler.step()
        found.append(scheduler.get_last_lr()[0])
    assert scheduler.optimizer.param_groups[1]["lr"] == found[-1]
    return found


def cosine(epoch: float, length: int) -> float:
    return (1 + math.cos(math.pi * epoch / length)) / 2


FORMULAS: dict[str, tuple[Callable[[Any], Any], Callable[[int], float]]] = {
    "step": (lambda o: schedules.StepLR(o, 3, 0.5), lambda t: LR * 0.5 ** (t // 3)),
    "multistep": (lambda o: schedules.MultiStepLR(o, [5, 2, 5], 0.1), lambda t: LR * 0.1 ** ((t >= 2) + 2 * (t >= 5))),
    "exponential": (lambda o: schedules.ExponentialLR(o, 0.9), lambda t: LR * 0.9**t),
    "constant": (lambda o: schedules.ConstantLR(o, 0.25, 4), lambda t: LR * (0.25 if t < 4 else 1)),
    "linear": (lambda o: schedules.LinearLR(o, 0.1, 0.8, 6), lambda t: LR * (0.1 + 0.7 * min(t, 6) / 6)),
    "polynomial": (lambda o: schedules.PolynomialLR(o, 6, 2.0), lambda t: LR * (1 - min(t, 6) / 6) ** 2),
    "cosine": (lambda o: schedules.CosineAnnealingLR(o, 5, 0.1), lambda t: 0.1 + 0.4 * cosine(t, 5)),
    "restarts": (lambda o: schedules.CosineAnnealingWarmRestarts(o, 4), lambda t: LR * cosine(t % 4, 4)),
    "cyclic": (
        lambda o: schedules.CyclicLR(o, 0.1, LR, 3, 2, cycle_momentum=False),
        lambda t: [0.1, 0.1 + 0.4 / 3, 0.1 + 0.8 / 3, 0.5, 0.3][t % 5],
    ),
    "halving cycles": (
        lambda o: schedules.CyclicLR(o, 0.1, LR, 2, mode="triangular2", cycle_momentum=False),
        lambda t: 0.1 + 0.4 * [0, 0.5, 1, 0.5][t % 4] / 2 ** (t // 4),
    ),
    "lambda": (lambda o: schedules.LambdaLR(o, lambda t: 1 / (1 + t)), lambda t: LR / (1 + t)),
    "multiplicative": (lambda o: schedules.MultiplicativeLR(o, lambda t: 0.7), lambda t: LR * 0.7**t),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_rates_follow_the_formula(name: str) -> None:
    make, formula = FORMULAS[name]
    np.testing.assert_allclose(
        rates(make(optimizer()), 13), [formula(epoch) for epoch in range(14)], rtol=1e-12, atol=1e-15
    )


def test_one_cycle_goes_up_and_down_and_momentum_the_other_way() -> None:
    trained = optimizer(Adam)
    scheduler = schedules.OneCycleLR(trained, max_lr=1.0, total_steps=11, pct_start=0.5)
    momenta = [trained.param_groups[0]["betas"][0]]
    found = [scheduler.get_last_lr()[0]]
    for _ in range(10):
        trained.step()
        scheduler.step()
        found.append(scheduler.get_last_lr()[0])
        momenta.append(trained.param_groups[1]["betas"][0])
    top = int(np.argmax(found))
    assert (found[0], found[-1]) == pytest.approx((1 / 25, 1 / 25 / 1e4))
    assert found[: top + 1] == sorted(found[: top + 1])
    assert found[top:] == sorted(found[top:], reverse=True)
    assert momenta[0] == momenta[-1] == 0.95
    assert int(np.argmin(momenta)) == top
    scheduler.step()
    with pytest.raises(ValueError, match="Tried to step 12 times"):
        scheduler.step()


def test_the_momentum_goes_against_the_cycle() -> None:
    trained = optimizer(Adam)
    scheduler = schedules.CyclicLR(trained, 0.1, 0.5, 2, base_momentum=0.5, max_momentum=0.9)
    found = []
    for _ in range(6):
        found.append((trained.param_groups[1]["betas"][0], trained.param_groups[1]["lr"]))
        trained.step()
        scheduler.step()
    np.testing.assert_allclose(found, [(0.9, 0.1), (0.7, 0.3), (0.5, 0.5), (0.7, 0.3), (0.9, 0.1), (0.7, 0.3)])


def test_plateau_waits_lowers_rests_and_stops_at_the_least_rate() -> None:
    trained = optimizer(lr=1.0)
    scheduler = schedules.ReduceLROnPlateau(trained, factor=0.1, patience=1, cooldown=2, min_lr=[0.05, 0.0])
    found = []
    for loss in [3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]:
        scheduler.step(loss)
        found.append(tuple(round(rate, 6) for rate in scheduler.get_last_lr()))
    assert found == [(1, 1)] * 3 + [(0.1, 0.1)] * 4 + [(0.05, 0.01)] * 4


def test_one_after_the_other() -> None:
    trained = optimizer()
    warmup, decay = schedules.LinearLR(trained, 0.1, total_iters=3), schedules.ExponentialLR(trained, 0.5)
    found = rates(schedules.SequentialLR(trained, [warmup, decay], [3]), 6)
    np.testing.assert_allclose(found, [0.05, 0.2, 0.35, 0.5, 0.25, 0.125, 0.0625])


def test_sequences_and_chains_within_a_sequence() -> None:
    trained = optimizer()
    inner = schedules.SequentialLR(
        trained, [schedules.ConstantLR(trained, 0.5, 9), schedules.ExponentialLR(trained, 0.5)], [2]
    )
    chain = schedules.ChainedScheduler([schedules.ConstantLR(trained, 0.1, 9), schedules.ExponentialLR(trained, 0.9)])
    last = schedules.SequentialLR(trained, [schedules.StepLR(trained, 9), schedules.ConstantLR(trained, 0.2, 9)], [1])
    found = rates(schedules.SequentialLR(trained, [inner, chain, last], [4, 6]), 8)
    np.testing.assert_allclose(found, [0.25, 0.25, 0.5, 0.25, 0.05, 0.045, 0.5, 0.1, 0.1])


def test_all_at_once() -> None:
    trained = optimizer()
    parts = [schedules.ConstantLR(trained, 0.5, 2), schedules.ExponentialLR(trained, 0.9)]
    found = rates(schedules.ChainedScheduler(parts, trained), 3)
    np.testing.assert_allclose(found, [0.25, 0.225, 0.405, 0.3645])


COMBINED: dict[str, Callable[[Any], Any]] = {
    **{name: make for name, (make, _) in FORMULAS.items()},
    "one cycle": lambda o: schedules.OneCycleLR(o, 1.0, 20, cycle_momentum=False),
    "sequence": lambda o: schedules.SequentialLR(
        o, [schedules.LinearLR(o), schedules.MultiStepLR(o, [2]), schedules.CosineAnnealingLR(o, 4)], [3, 7]
    ),
    "chain": lambda o: schedules.ChainedScheduler([schedules.LinearLR(o), schedules.StepLR(o, 2)], o),
}


@pytest.mark.parametrize("name", COMBINED)
@pytest.mark.parametrize("stop", [1, 4, 7])
def test_a_schedule_resumes_to_the_same_rates_from_json(name: str, stop: int) -> None:
    straight = rates(COMBINED[name](optimizer()), 10)
    first = COMBINED[name](optimizer())
    rates(first, stop)
    saved = json.loads(json.dumps({"scheduler": first.state_dict(), "lr": first.get_last_lr()}, allow_nan=False))
    resumed = COMBINED[name](optimizer())
    for group, rate in zip(resumed.optimizer.param_groups, saved["lr"], strict=True):
        group["lr"] = rate
    resumed.load_state_dict(saved["scheduler"])
    assert [first.get_last_lr()[0], *rates(resumed, 10 - stop)[1:]] == straight[stop:]


def test_a_plateau_resumes_from_json_before_and_after_its_first_metric() -> None:
    straight, resumed = (schedules.ReduceLROnPlateau(optimizer(), patience=1) for _ in range(2))
    for loss in [3.0, 2.0, 2.5, 2.5, 2.5, 2.5]:
        state = json.loads(json.dumps(straight.state_dict()))
        resumed = schedules.ReduceLROnPlateau(resumed.optimizer, patience=1)
        resumed.load_state_dict(state)
        straight.step(loss)
        resumed.step(loss)
        assert (resumed.get_last_lr(), resumed.best) == (straight.get_last_lr(), straight.best)


def test_a_state_is_a_copy_of_its_own() -> None:
    scheduler = schedules.MultiStepLR(optimizer(), [2, 4])
    state = scheduler.state_dict()
    state["milestones"][6] = 1
    assert scheduler.milestones == {2: 1, 4: 1}
    scheduler.load_state_dict(state)
    state["milestones"][8] = 1
    assert scheduler.milestones == {2: 1, 4: 1, 6: 1}


def test_the_order_of_steps_is_watched() -> None:
    trained = optimizer()
    scheduler = schedules.StepLR(trained, 2)
    with pytest.warns(UserWarning, match="before optimizer.step"):
        scheduler.step()
    trained = optimizer()
    scheduler = schedules.StepLR(trained, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained.step()
        scheduler.step()
    with pytest.warns(UserWarning, match="deprecated"):
        scheduler.step(6)
    assert scheduler.get_last_lr()[0] == LR * 0.1**3


def test_a_change_from_outside_is_kept() -> None:
    trained = optimizer()
    scheduler = schedules.ExponentialLR(trained, 0.5)
    trained.step()
    trained.param_groups[0]["lr"] = 8.0
    scheduler.step()
    assert scheduler.get_last_lr() == [4.0, LR * 0.5]


def test_wrong_arguments_raise() -> None:
    trained, other = optimizer(), optimizer()
    with pytest.raises(TypeError, match="list is not an Optimizer"):
        schedules.StepLR([], 3)  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="initial_lr"):
        schedules.StepLR(trained, 3, last_epoch=4)
    with pytest.raises(ValueError, match="Expected 2 lr_lambdas"):
        schedules.LambdaLR(trained, [lambda t: 1.0])
    with pytest.raises(ValueError, match="1 values for 2 groups"):
        schedules.OneCycleLR(trained, [0.1], 10)
    with pytest.raises(ValueError, match="total_steps OR"):
        schedules.OneCycleLR(trained, 0.1, epochs=3)
    with pytest.raises(ValueError, match="positive integer epochs"):
        schedules.OneCycleLR(trained, 0.1, epochs=0, steps_per_epoch=3)
    with pytest.raises(ValueError, match="mode is invalid and scale_fn is None: got mode 'square'"):
        schedules.CyclicLR(trained, 0.1, 0.2, mode="square")
    with pytest.raises(ValueError, match=r"momentum or beta1 .* Adagrad has neither"):
        schedules.CyclicLR(optimizer(Adagrad), 0.1, 0.2)
    with pytest.raises(ValueError, match="Factor"):
        schedules.ReduceLROnPlateau(trained, factor=1.0)
    with pytest.raises(ValueError, match="'mean' is unknown"):
        schedules.ReduceLROnPlateau(trained, mode="mean")
    parts = [schedules.StepLR(trained, 3), schedules.StepLR(other, 3)]
    with pytest.raises(ValueError, match="the one at index 1 has another"):
        schedules.ChainedScheduler(parts)
    with pytest.raises(ValueError, match="1 schedulers and 1 milestones"):
        schedules.SequentialLR(trained, parts[:1], [3])
    with pytest.raises(ValueError, match="ReduceLROnPlateau"):
        schedules.ChainedScheduler([schedules.ReduceLROnPlateau(trained)])
    with pytest.raises(ValueError, match="no state of StepLR: it lacks gamma, step_size"):
        parts[0].load_state_dict(schedules.LambdaLR(other, lambda t: 1.0).state_dict())
