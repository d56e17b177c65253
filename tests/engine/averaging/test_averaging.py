"""Averaged models: means and decaying means, buffers, statistics of batches, SWALR, the names under engine.optim."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.optim import SGD, lr_scheduler, swa_utils
from engine.optim.swa_utils import SWALR, AveragedModel


def small_model(seed: int = 0) -> Any:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    random = np.random.default_rng(seed)
    for member in model.parameters():
        member.data.copy_(engine.tensor(random.normal(size=member.shape)))
    return model


def moved(model: Any, step: int) -> list[np.ndarray]:
    """New weights and buffers for a model, as training would give."""
    random = np.random.default_rng(100 + step)
    for member in (*model.parameters(), model[1].running_mean, model[1].running_var):
        member.data.copy_(engine.tensor(random.normal(size=member.shape)))
    model[1].num_batches_tracked.fill_(10 * step)
    return [member.detach().numpy().copy() for member in model.parameters()]


def averages(averaged: Any) -> list[np.ndarray]:
    return [member.detach().numpy() for member in averaged.module.parameters()]


@pytest.mark.parametrize("way", [{}, {"avg_fn": "get_swa_avg_fn"}, {"multi_avg_fn": "get_swa_multi_avg_fn"}])
def test_all_updates_weigh_the_same(way: dict[str, str]) -> None:
    model = small_model()
    averaged = AveragedModel(model, **{key: getattr(swa_utils, name)() for key, name in way.items()})
    seen = []
    for step in range(5):
        seen.append(moved(model, step))
        averaged.update_parameters(model)
    assert int(averaged.n_averaged) == 5
    for position, mean in enumerate(averages(averaged)):
        np.testing.assert_allclose(mean, np.mean([each[position] for each in seen], axis=0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("way", [{"avg_fn": "get_ema_avg_fn"}, {"multi_avg_fn": "get_ema_multi_avg_fn"}])
def test_weights_of_old_updates_decay(way: dict[str, str]) -> None:
    model = small_model()
    averaged = AveragedModel(model, **{key: getattr(swa_utils, name)(0.75) for key, name in way.items()})
    expected: list[np.ndarray] = []
    for step in range(5):
        now = moved(model, step)
        expected = [0.75 * old + 0.25 * new for old, new in zip(expected, now, strict=True)] if expected else now
        averaged.update_parameters(model)
    for mean, wanted in zip(averages(averaged), expected, strict=True):
        np.testing.assert_allclose(mean, wanted, rtol=1e-5, atol=1e-6)


def test_buffers_are_copied_or_averaged() -> None:
    model = small_model()
    copied: Any = AveragedModel(model)
    averaged: Any = AveragedModel(model, use_buffers=True)
    means = []
    for step in range(4):
        moved(model, step)
        means.append(model[1].running_mean.numpy().copy())
        copied.update_parameters(model)
        averaged.update_parameters(model)
    np.testing.assert_array_equal(copied.module[1].running_mean.numpy(), means[-1])
    np.testing.assert_allclose(averaged.module[1].running_mean.numpy(), np.mean(means, axis=0), rtol=1e-5, atol=1e-6)
    assert int(copied.module[1].num_batches_tracked) == 30


def test_the_average_is_apart_from_the_model_and_of_its_optimizer() -> None:
    model = small_model()
    optimizer = SGD(model.parameters(), lr=0.1)
    for step in range(3):
        for member in model.parameters():
            member.grad = engine.ones_like(member)
        optimizer.step()
        if step == 1:
            averaged = AveragedModel(model)
            before = [each.copy() for each in averages(averaged)]
    for old, kept in zip(before, averages(averaged), strict=True):
        np.testing.assert_array_equal(old, kept)
    assert not {id(each) for each in averaged.parameters()} & {id(each) for each in model.parameters()}


def test_a_state_dict_continues() -> None:
    model, twin = small_model(), small_model(1)
    averaged = AveragedModel(model)
    for step in range(3):
        moved(model, step)
        averaged.update_parameters(model)
    resumed = AveragedModel(twin)
    resumed.load_state_dict(averaged.state_dict())
    moved(model, 3)
    for each in (averaged, resumed):
        each.update_parameters(model)
    for one, other in zip(averages(averaged), averages(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_statistics_are_those_of_the_whole_loader() -> None:
    model = small_model().eval()
    random = np.random.default_rng(0)
    batches = [engine.tensor(random.normal(2, 3, size=(8, 3)).astype("float32")) for _ in range(5)]
    hidden = [model[0](batch).detach().numpy() for batch in batches]
    swa_utils.update_bn([(batch, None) for batch in batches], model)
    np.testing.assert_allclose(
        model[1].running_mean.numpy(), np.mean([each.mean(0) for each in hidden], axis=0), rtol=1e-4
    )
    np.testing.assert_allclose(
        model[1].running_var.numpy(), np.mean([each.var(0, ddof=1) for each in hidden], axis=0), rtol=1e-4
    )
    assert model[1].momentum == 0.1
    assert not model.training
    swa_utils.update_bn(iter([3]), nn.Linear(2, 2))


@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_the_rate_goes_to_a_fixed_one_and_resumes(strategy: str) -> None:
    def make() -> SWALR:
        weight = engine.tensor([1.0], requires_grad=True)
        return SWALR(SGD([weight], lr=1.0), 0.2, anneal_epochs=4, anneal_strategy=strategy)

    scheduler, found = make(), []
    for _ in range(7):
        found.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    shares = np.minimum(np.arange(7) / 4, 1)
    shares = (1 - np.cos(np.pi * shares)) / 2 if strategy == "cos" else shares
    np.testing.assert_allclose(found, 0.2 * shares + 1.0 * (1 - shares))
    first, resumed = make(), make()
    for _ in range(2):
        first.optimizer.step()
        first.step()
    resumed.load_state_dict(json.loads(json.dumps(first.state_dict())))
    resumed.optimizer.param_groups[0]["lr"] = first.get_last_lr()[0]
    resumed.optimizer.step()
    resumed.step()
    assert resumed.get_last_lr()[0] == found[3]


def test_wrong_arguments_raise() -> None:
    with pytest.raises(ValueError, match=r"Invalid decay value 1\.5"):
        swa_utils.get_ema_multi_avg_fn(1.5)
    with pytest.raises(AssertionError, match="Only one of avg_fn and multi_avg_fn"):
        AveragedModel(small_model(), avg_fn=lambda *_: None, multi_avg_fn=lambda *_: None)
    optimizer = SGD([engine.tensor([1.0], requires_grad=True)])
    with pytest.raises(ValueError, match="anneal_strategy must be one of 'cos' or 'linear', instead got square"):
        SWALR(optimizer, 0.1, anneal_strategy="square")
    with pytest.raises(ValueError, match="anneal_epochs must be equal or greater than 0, got -1"):
        SWALR(optimizer, 0.1, anneal_epochs=-1)
    with pytest.raises(ValueError, match="2 values for 1 groups"):
        SWALR(optimizer, [0.1, 0.2])


@pytest.mark.parametrize(
    "line",
    [
        "import engine; engine.optim.swa_utils.AveragedModel",
        "from engine.optim.swa_utils import AveragedModel",
        "import engine.optim.swa_utils as it; it.SWALR",
        "from engine.averaging import update_bn",
    ],
)
def test_every_way_in_is_open(line: str) -> None:
    subprocess.run([sys.executable, "-c", line], check=True)


@pytest.mark.parity
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"use_buffers": True},
        {"avg_fn": ("get_swa_avg_fn",)},
        {"avg_fn": ("get_ema_avg_fn", 0.8), "use_buffers": True},
        {"multi_avg_fn": ("get_ema_multi_avg_fn", 0.9)},
        {"multi_avg_fn": ("get_ema_multi_avg_fn", 0.9), "use_buffers": True},
    ],
)
def test_averages_statistics_and_keys_are_pytorchs(arguments: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")

    def run(module: Any) -> dict[str, np.ndarray]:
        utils = module.optim.swa_utils
        made = {
            key: getattr(utils, value[0])(*value[1:]) if isinstance(value, tuple) else value
            for key, value in arguments.items()
        }
        model = module.nn.Sequential(module.nn.Linear(3, 4), module.nn.BatchNorm1d(4), module.nn.Linear(4, 2)).double()
        averaged = utils.AveragedModel(model, **made)
        random = np.random.default_rng(1)
        for step in range(5):
            with module.no_grad():
                for member in (*model.parameters(), model[1].running_mean, model[1].running_var):
                    member.copy_(module.tensor(random.normal(size=tuple(member.shape))))
                model[1].num_batches_tracked.fill_(7 * step)
            averaged.update_parameters(model)
        before = {key: value.numpy().copy() for key, value in averaged.state_dict().items()}
        utils.update_bn([module.tensor(random.normal(size=(6, 3))) for _ in range(3)], averaged)
        return before | {f"then {key}": value.numpy() for key, value in averaged.state_dict().items()}

    found, expected = run(engine), run(torch)
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)


@pytest.mark.parity
@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 5])
def test_rates_after_another_schedule_are_pytorchs(strategy: str, epochs: int) -> None:
    torch = pytest.importorskip("torch")

    def run(module: Any, schedules: Any, utils: Any) -> list[list[float]]:
        groups = [{"params": [module.tensor([1.0], requires_grad=True)], "lr": lr} for lr in (0.5, 0.3)]
        optimizer = module.optim.SGD(groups)
        before = schedules.StepLR(optimizer, 2, 0.5)
        after = utils.SWALR(optimizer, [0.05, 0.02], anneal_epochs=epochs, anneal_strategy=strategy)
        found = []
        for step in range(14):
            optimizer.step()
            (before if step < 5 else after).step()
            found.append([group["lr"] for group in optimizer.param_groups])
        return found

    assert run(engine, lr_scheduler, swa_utils) == run(torch, torch.optim.lr_scheduler, torch.optim.swa_utils)
