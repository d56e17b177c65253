"""Checking a recipe before data is read: what is shipped passes, what passes trains, and nothing is touched."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

import configs
import engine
from engine.backend.namespace import cuda_device_count
from recipes.callbacks import Callbacks
from recipes.config import Composed, check, compose, list_experiments, list_groups, resolve
from recipes.loops import Interrupted
from recipes.run.assemble import assemble
from recipes.run.host import to_array
from recipes.run.preflight import preflight, prepare_recipe

SHIPPED = Path(configs.__file__).parent
EXPERIMENTS = [each.name for each in list_experiments(SHIPPED)]
PARTS = [
    (group, option)
    for group, options in list_groups(SHIPPED).items()
    for option in options
    if group not in ("data", "model") and (group, option) != ("device", "cuda")
]

_heard: list[str] | None = None


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _heard is not None and event in ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.mkdir"):
        _heard.append(f"{event} {arguments[0]} {arguments[1] if event.startswith('socket') else ''}")


sys.addaudithook(_listen)


@contextmanager
def listening() -> Iterator[list[str]]:
    """What the process opens, makes and connects to in the block."""
    global _heard
    heard: list[str] = []
    _heard = heard
    try:
        yield heard
    finally:
        _heard = None


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without configs, and a cache without datasets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def said(experiment: str, *overrides: str) -> list[str]:
    return [str(problem) for problem in preflight(compose(experiment, overrides))]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_shipped_experiment_passes(name: str) -> None:
    composed = compose(name)
    assert check(composed) == []
    assert preflight(composed) == []


@pytest.mark.parametrize("name", EXPERIMENTS)
@pytest.mark.parametrize(("group", "option"), PARTS, ids=lambda part: str(part))
def test_every_part_fits_every_experiment(name: str, group: str, option: str) -> None:
    assert said(name, f"{group}={option}") == []


@pytest.mark.parametrize("path", sorted(SHIPPED.rglob("*.yaml")), ids=lambda path: str(path.relative_to(SHIPPED)))
def test_every_target_resolves(path: Path) -> None:
    def targets(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from ([node["_target_"]] if "_target_" in node else [])
            for each in node.values():
                yield from targets(each)

    for target in targets(OmegaConf.to_container(OmegaConf.load(path), resolve=False)):
        assert callable(resolve(target))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_nothing_is_read_downloaded_or_written(name: str, empty_folder: Path) -> None:
    composed = compose(name)
    prepare_recipe(composed)
    with listening() as heard:
        assert preflight(composed) == []
    # Setting the number of threads looks for BLAS among what the process has loaded.
    assert [each for each in heard if each.strip() != "open /proc/self/maps"] == []
    assert list(empty_folder.iterdir()) == []


def test_reading_is_heard() -> None:
    recipe = prepare_recipe(compose("digits_mlp"))
    with listening() as heard:
        recipe.loaders()
    assert any("digits" in each for each in heard)


def test_a_recipe_is_left_as_it_was_made() -> None:
    composed = compose("fashion_mlp", ["model.dropout=0.5"])

    def made(recipe: Any) -> Any:
        parameters = {name: to_array(each).tobytes() for name, each in recipe.model.state_dict().items()}
        gradients = [each.grad for each in recipe.model.parameters()]
        metrics = recipe.metrics.state_dict()
        return parameters, gradients, recipe.model.training, metrics, engine.random.default_generator.state_dict()

    assert made(prepare_recipe(composed)) == made(assemble(composed.config))


MISFITS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "the first layer": (
        "digits_mlp",
        ("model.in_features=63",),
        ("command line: model.in_features=63", "(1, 8, 8)", "layers.1", "in_features=63"),
    ),
    "the last layer": (
        "digits_mlp",
        ("model.out_features=7",),
        ("10 classes", "7 scores", "out_features=7", "(64, 7)"),
    ),
    "another dataset": ("digits_mlp", ("data=mnist",), ("(1, 28, 28)", "784", "in_features=64")),
    "the other way round": ("fashion_mlp", ("data=digits",), ("(1, 8, 8)", "in_features=784")),
    "a crop that makes the input smaller": (
        "digits_mlp",
        ("+data.transforms.crop={_target_: recipes.transforms.geometry.RandomCrop, size: 6}",),
        ("(1, 6, 6)", "64x36", "in_features=64"),
    ),
    "a loss for other targets": (
        "digits_mlp",
        ("loop.loss._target_=engine.nn.MSELoss",),
        ("loop.loss", "(64, 10)", "int64"),
    ),
}


# A loss warns of targets of another size, as in PyTorch, before it is found that they do not fit at all.
@pytest.mark.filterwarnings("ignore:Using a target size")
@pytest.mark.parametrize("case", MISFITS)
def test_shapes_that_do_not_fit_are_named_with_the_layer(case: str) -> None:
    name, overrides, expected = MISFITS[case]
    (problem,) = said(name, *overrides)
    assert [each for each in expected if each not in problem] == [], problem


@given(st.integers(1, 200).filter(lambda width: width != 64), st.integers(1, 300))
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_width_is_refused(width: int, batch: int) -> None:
    (problem,) = said("digits_mlp", f"model.in_features={width}", f"data.batch_size={batch}")
    assert f"in_features={width}" in problem
    assert "(1, 8, 8)" in problem


def test_a_folder_that_is_not_there_is_a_problem_and_not_a_crash() -> None:
    assert said("fashion_mlp", "data.root=/nowhere/at/all") == ["data.root=/nowhere/at/all: there is no such folder"]


@pytest.mark.skipif(cuda_device_count() > 0, reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_a_problem() -> None:
    (problem,) = said("digits_mlp", "device=cuda")
    assert "device.name: cuda:0 was asked for, and there is no CUDA device that CuPy can use" in problem
    assert "ml doctor" in problem


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (
            ("checkpoint.monitor=validation/loose", "model.out_features=3"),
            ("did you mean 'validation/loss'?", "3 scores"),
        ),
        (("epochs=0", "checkpoint.every=often"), ("epochs: 0 is less than 1", "'often' is no interval")),
    ],
)
def test_problems_come_together(overrides: tuple[str, ...], expected: tuple[str, ...]) -> None:
    problems = said("digits_mlp", *overrides)
    assert len(problems) == len(expected)
    for part, problem in zip(expected, problems, strict=True):
        assert part in problem


RATES = st.floats(1e-4, 0.05)
CHOICES = st.fixed_dictionaries(
    {
        "model.hidden": st.lists(st.integers(1, 40), max_size=3),
        "model.activation": st.sampled_from(["relu", "gelu", "silu", "tanh"]),
        "model.dropout": st.floats(0, 0.9),
        "data.batch_size": st.integers(1, 200),
        "epochs": st.integers(1, 40),
        "seed": st.integers(0, 2**31),
        "optimizer.lr": RATES,
        "optimizer.weight_decay": st.sampled_from([0.0, 0.01]),
        "checkpoint.every": st.sampled_from(["1ep", "7st", "20%", "3min", "0.5ep"]),
        "checkpoint.monitor": st.sampled_from(["validation/loss", "validation/accuracy", "train/loss"]),
    },
    optional={
        "data.drop_last": st.sampled_from(["true", "false"]),
        "callbacks.nan_guard.gradients_every": st.integers(1, 5),
        "+callbacks.early": st.just("{_target_: recipes.callbacks.EarlyStopping, patience: 2}"),
        "+data.transforms.shift": st.just("{_target_: recipes.transforms.geometry.RandomCrop, size: 8, padding: 1}"),
    },
)
OPTIMIZERS = st.sampled_from(["sgd", "adam", "adamw"])
SCHEDULES = st.sampled_from(["none", "cosine", "exponential", "step", "one_cycle"])


def one_step(composed: Composed) -> None:
    """Train the recipe on its real data until a signal after the first step."""
    recipe = prepare_recipe(composed)
    asked = iter([False, True])
    parameters = recipe.model.parameters()
    loop = recipe.make_loop(
        model=recipe.model,
        optimizer=recipe.make_optimizer(parameters),
        loaders=recipe.loaders(),
        metrics=recipe.metrics,
        callbacks=Callbacks(recipe.callbacks),
        device=engine.device("cpu"),
        epochs=composed.config["epochs"],
        log=lambda step, epoch, metrics: None,
        interrupted=lambda: next(asked),
    )
    loop.callbacks.on_start(loop)
    before = [to_array(each).copy() for each in recipe.model.parameters()]
    with pytest.raises(Interrupted):
        loop.fit()
    loop.callbacks.close()
    assert loop.step == 1
    assert np.isfinite(loop.train_metrics.compute()["loss"])
    after = [to_array(each) for each in recipe.model.parameters()]
    assert any(not np.array_equal(one, other) for one, other in zip(before, after, strict=True))


@given(CHOICES, OPTIMIZERS, SCHEDULES)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_passes_really_trains(choices: dict[str, Any], optimizer: str, schedule: str) -> None:
    overrides = [f"{key}={value}" for key, value in choices.items()]
    composed = compose("digits_mlp", [f"optimizer={optimizer}", f"scheduler={schedule}", *overrides])
    assert preflight(composed) == []
    one_step(composed)
