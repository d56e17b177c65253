"""Every shipped experiment is the same to the byte with its steps compiled and as they are, and runs each compiled."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recipes.config import compose
from recipes.run.evaluate import evaluate
from recipes.run.record import read_record, write_record
from recipes.run.resume import resume
from recipes.run.train import train
from tests.recipes.datasets.conftest import idx_bytes
from tests.recipes.run.trainer import ROOT, final_checkpoint, metrics, same_end

EXPERIMENTS = sorted(path.stem for path in (ROOT / "configs").glob("*.yaml") if path.stem != "base")


@pytest.fixture(scope="session")
def clothes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Fashion-MNIST's files, of noise."""
    folder = tmp_path_factory.mktemp("clothes")
    random = np.random.default_rng(0)
    for name, count in (("train", 150), ("t10k", 40)):
        images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx_bytes(images))
        labels = random.integers(0, 10, count, dtype=np.uint8)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    return folder


@pytest.fixture
def few_steps(clothes: Path) -> Mapping[str, tuple[str, ...]]:
    """What makes each experiment short."""
    return {
        "digits_mlp": ("epochs=2", "data.batch_size=200"),
        "fashion_mlp": ("epochs=3", "data.batch_size=32", f"data.root={clothes}", "data.dataset.validation=30"),
    }


def trained(experiment: str, outputs: Path, *overrides: str) -> Path:
    """The folder of a finished run."""
    given = ("device=cpu", "device.threads=1", "~tracking.mlflow", f"paths.outputs={outputs}", *overrides)
    outcome = train(compose(experiment, given), console=False)
    assert outcome.status == "finished", outcome.notes
    assert outcome.folder is not None
    return outcome.folder


def steps_of(run: Path) -> Mapping[str, Any]:
    """How the steps of a run's last attempt ran."""
    return read_record(run).attempts[-1].steps


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_compiled_is_the_same_to_the_byte(
    experiment: str, tmp_path: Path, few_steps: Mapping[str, tuple[str, ...]]
) -> None:
    short = few_steps[experiment]
    auto, on, off = (trained(experiment, tmp_path / wish, f"compile={wish}", *short) for wish in ("auto", "on", "off"))
    assert same_end(on, off)
    assert same_end(auto, off)
    for run in (auto, on):
        steps = steps_of(run)
        assert steps["reason"] is None
        assert steps["replayed"] + steps["recorded"] == steps["taken"]
        assert steps["replayed"] > steps["recorded"]
    assert (steps_of(off)["replayed"], steps_of(off)["reason"]) == (0, "the run does not compile")
    assert [read_record(run).frozen["compile"] for run in (auto, on, off)] == ["on", "on", "off"]


@pytest.mark.parametrize("wish", ["on", "off"])
def test_a_resumed_run_compiles_if_it_did_when_it_began(
    wish: str, tmp_path: Path, few_steps: Mapping[str, tuple[str, ...]]
) -> None:
    run = trained("digits_mlp", tmp_path, f"compile={wish}", *few_steps["digits_mlp"])
    before = final_checkpoint(run)
    record = read_record(run)
    # As a run whose last word never came.
    write_record(run, type(record)(**{**vars(record), "status": "running"}))
    config = run / "config.yaml"
    config.write_text(config.read_text().replace(f"compile: '{wish}'", "compile: auto"))
    assert "compile: auto" in config.read_text()
    outcome = resume(run, console=False)
    assert (outcome.status, outcome.notes) == ("finished", ())
    assert read_record(run).frozen["compile"] == wish
    assert (steps_of(run)["reason"] is None) == (wish == "on")
    assert final_checkpoint(run) == before
    recorded = {name: value for name, _, value in metrics(run) if name.startswith("test/")}
    assert evaluate(run, checkpoint="last") == recorded


def test_a_run_from_before_there_was_the_key_goes_on_as_it_was(
    tmp_path: Path, few_steps: Mapping[str, tuple[str, ...]]
) -> None:
    run = trained("digits_mlp", tmp_path, "compile=off", *few_steps["digits_mlp"])
    config = run / "config.yaml"
    config.write_text(config.read_text().replace("compile: 'off'\n", ""))
    record = read_record(run)
    write_record(run, type(record)(**{**vars(record), "status": "running"}))
    assert resume(run, console=False).status == "finished"
    assert steps_of(run)["reason"] == "the run does not compile"


def test_a_yaml_may_say_on_and_off_without_quotes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_steps: Mapping[str, tuple[str, ...]]
) -> None:
    (tmp_path / "configs").mkdir()
    for word in ("on", "off"):
        (tmp_path / "configs" / f"{word}_mlp.yaml").write_text(f"defaults: [digits_mlp, _self_]\ncompile: {word}\n")
    monkeypatch.chdir(tmp_path)
    for word in ("on", "off"):
        run = trained(f"{word}_mlp", tmp_path / "outputs", *few_steps["digits_mlp"])
        assert read_record(run).frozen["compile"] == word
