"""Composing: what `config=` can mean, Hydra's override grammar, the user's own configs, nothing left behind."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hydra.core.global_hydra import GlobalHydra

from recipes.config import Composed, ConfigError, compose, freeze, list_experiments

Write = Any


def messages(composed: Composed) -> list[str]:
    return [str(problem) for problem in composed.problems]


@pytest.mark.parametrize("experiment", ["digits_mlp", "fashion_mlp"])
def test_shipped_experiment_composes_without_problems(experiment: str) -> None:
    composed = compose(experiment)
    assert composed.problems == ()
    assert composed.config["experiment"] == experiment
    assert isinstance(composed.config["optimizer"]["eps"], float)


def test_every_option_of_every_group_composes() -> None:
    from recipes.config import list_groups

    for group, options in list_groups().items():
        for option in options:
            composed = compose("digits_mlp", [f"{group}={option}"])
            assert composed.problems == ()
            assert composed.provenance.choices[group] == option


def test_experiment_wins_over_part_and_override_over_experiment(small: Write) -> None:
    small("configs/other.yaml", "defaults: [small, _self_]\nmodel: {padding: 2}\nepochs: 4\n")
    assert compose("small").config["model"]["padding"] == 1
    assert compose("other").config["model"]["padding"] == 2
    assert compose("other", ["model.padding=3"]).config["model"]["padding"] == 3


def test_group_swap_replaces_the_part() -> None:
    optimizer = compose("digits_mlp", ["optimizer=sgd", "optimizer.lr=1e-5"]).config["optimizer"]
    assert optimizer["_target_"] == "engine.optim.SGD"
    assert "betas" not in optimizer
    assert optimizer["lr"] == 1e-5


def test_add_delete_and_merge() -> None:
    config = compose("digits_mlp", ["+callbacks.ema={decay: 0.9}", "~callbacks.nan_guard", "callbacks.ema.decay=0.99"])
    assert config.problems == ()
    assert config.config["callbacks"]["ema"] == {"decay": 0.99}
    assert "nan_guard" not in config.config["callbacks"]


def test_argument_that_no_file_sets_needs_no_plus() -> None:
    composed = compose("digits_mlp", ["optimizer.amsgrad=true", "device.threads=2"])
    assert composed.problems == ()
    assert composed.config["optimizer"]["amsgrad"] is True
    assert composed.config["device"]["threads"] == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("optimzer.lr=1", "there is no key 'optimzer'; did you mean 'optimizer'?"),
        ("paths.output.deep=1", "paths has no key 'output'; did you mean 'outputs'?"),
        ("optimizer=sdg", "the group 'optimizer' has no option 'sdg'; did you mean 'sgd'? there are: adam, adamw, sgd"),
        ("optimizer=[sgd]", "there are: adam, adamw, sgd"),
        ("optimizer.lr=1,2", "optimizer.lr: several values at once are a sweep"),
        ("seed=range(3)", "seed: several values at once are a sweep"),
        ("hydra.run.dir=x", "Hydra's own settings"),
        ("hydra=null", "Hydra's own settings"),
        ("trust=[os]", "trust is never given by a config"),
        ("optimizer.lr", "not an override; write key=value"),
        ("optimizer.lr=[1", "its value cannot be read, from [1 on"),
        ("optimizer.lr=1\n2", "its value cannot be read; quote"),
        ("", "'': not an override; write key=value"),
        ("=3", "no key stands before the =; write key=value"),
        ("name='\udcff'", "bytes that are not UTF-8"),
        ("~callbacks.emma", "callbacks.emma cannot be deleted: nothing sets it"),
        ("~optimizer.lr=7", "optimizer.lr is 0.003, not 7"),
        ("+seed=3", "seed is set already; drop the +: seed=3"),
    ],
)
def test_override_that_cannot_be_meant(text: str, said: str) -> None:
    (message,) = messages(compose("digits_mlp", [text]))
    assert message.startswith(f"command line: {text or repr('')}: ")
    assert said in message


def test_all_bad_overrides_are_named_and_the_good_ones_count() -> None:
    composed = compose("digits_mlp", ["optimzer.lr=1", "seed=7", "optimizer=sdg", "~nothing"])
    assert len(composed.problems) == 3
    assert composed.config["seed"] == 7


def test_unknown_experiment_lists_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"no experiment 'digits_mpl'; did you mean 'digits_mlp'\? there are: digits"):
        compose("digits_mpl")


def test_experiment_that_leads_back_to_itself(write: Write) -> None:
    write("configs/round.yaml", "defaults: [round, _self_]\n")
    with pytest.raises(ConfigError, match=r"configs/round\.yaml: its defaults list leads back to itself"):
        compose("round")


def test_folder_that_is_called_like_a_config_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "configs" / "mine.yaml" / "model.yaml").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"there is no experiment 'mine'; there are: digits_mlp"):
        compose("mine")


@pytest.mark.parametrize("reference", ["nowhere/x.yaml", "x.yaml", "base", "", "../base"])
def test_reference_to_nothing(reference: str, write: Write) -> None:
    with pytest.raises(ConfigError, match="command line: config="):
        compose(reference)


def test_own_configs_come_in_front(write: Write) -> None:
    write("configs/mine.yaml", "# Mine\ndefaults: [digits_mlp, _self_]\nseed: 5\n")
    write("configs/optimizer/adamw.yaml", "_target_: engine.optim.AdamW\n_partial_: true\neps: 0.5\n")
    config = compose("mine").config
    assert (config["seed"], config["optimizer"]["eps"], config["experiment"]) == (5, 0.5, "mine")
    assert ("mine", "Mine", True) in [(listed.name, listed.summary, listed.own) for listed in list_experiments()]


def test_path_of_a_yaml(write: Write) -> None:
    path = write("it's ${else} where/plain.yaml", "defaults: [digits_mlp, _self_]\nseed: 5\n")
    assert compose(str(path)).config["seed"] == 5
    assert compose("it's ${else} where/plain.yaml").experiment == "plain"


def test_finished_run_is_the_base_and_overrides_go_on_top(tmp_path: Path) -> None:
    folder = tmp_path / "digits_mlp" / "20260101-000000-abcdef"
    folder.mkdir(parents=True)
    composed = compose("digits_mlp", ["optimizer.lr=0.25"])
    freeze(composed, folder / "config.yaml")
    again = compose(str(folder), ["seed=9"])
    assert again.problems == ()
    assert again.experiment == "digits_mlp"
    assert again.config == composed.config | {"seed": 9}
    (message,) = messages(compose(str(folder), ["optimizer=sgd"]))
    assert "fixed to its parts" in message
    assert "config=digits_mlp" in message


def test_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is not a run: it holds no config\.yaml"):
        compose(str(tmp_path))


def test_broken_yaml_names_file_and_line(write: Write) -> None:
    write("configs/broken.yaml", "# Broken\nseed: 1\nepochs: [1,\n")
    with pytest.raises(ConfigError, match=r"configs/broken\.yaml:4: this is not YAML"):
        compose("broken")


def test_key_twice_names_file_and_line(write: Write) -> None:
    write("configs/part/twice.yaml", "a: 1\nb: 2\na: 3\n")
    write("configs/twice.yaml", "defaults: [part: twice]\n")
    with pytest.raises(ConfigError, match=r"twice\.yaml:3: .*duplicate key a"):
        compose("twice")


def test_part_that_does_not_exist_names_file_and_line(write: Write) -> None:
    write("configs/mine.yaml", "defaults:\n  - base\n  - optimizer: adm\n  - _self_\n")
    with pytest.raises(ConfigError, match=r"configs/mine\.yaml:3: the group 'optimizer' has no option 'adm'; did you"):
        compose("mine", ["also=bad"])


def test_group_that_the_experiment_does_not_use(write: Write) -> None:
    write("configs/bare.yaml", "seed: 1\n")
    with pytest.raises(ConfigError, match=r"bare has no part from the group 'optimizer'; add one with \+optimizer=sgd"):
        compose("bare", ["optimizer=sgd"])
    assert compose("bare", ["+optimizer=sgd"]).config["optimizer"]["lr"] == 0.1


def test_yaml_cannot_put_packages_on_the_search_path(write: Write) -> None:
    write("evil_package/__init__.py", "raise RuntimeError('imported')\n")
    write("configs/evil.yaml", "seed: 1\nhydra:\n  searchpath: ['pkg://evil_package']\n")
    with pytest.raises(ConfigError, match=r"configs/evil\.yaml:2: hydra"):
        compose("evil")
    assert "evil_package" not in sys.modules


def test_interpolation_to_nothing_names_file_and_line(write: Write) -> None:
    write("configs/mine.yaml", "defaults: [digits_mlp, _self_]\nepochs: ${epoch_count}\nseed: ${nothing.here}\n")
    first, second = sorted(messages(compose("mine")))
    assert first.startswith("configs/mine.yaml:2: epochs: ${epoch_count} cannot be resolved")
    assert second.startswith("configs/mine.yaml:3: seed: ${nothing.here} cannot be resolved")


def test_interpolations_in_a_circle_are_named(write: Write) -> None:
    write("configs/circle.yaml", "defaults: [digits_mlp, _self_]\nepochs: ${seed}\nseed: ${epochs}\n")
    problems = messages(compose("circle"))
    assert any("configs/circle.yaml:" in problem and "cannot be resolved" in problem for problem in problems)


def test_nothing_of_hydra_stays_behind_and_the_folder_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    first = compose("digits_mlp").config
    with pytest.raises(ConfigError):
        compose("nothing")
    assert compose("digits_mlp").config == first
    assert not GlobalHydra.instance().is_initialized()
    assert Path(os.getcwd()) == tmp_path
    assert list(tmp_path.iterdir()) == []
