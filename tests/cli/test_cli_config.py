"""`ml config`: shown as it would run, explained down to the line."""

from pathlib import Path

import pytest
import yaml

from recipes.config import compose
from tests.cli.command_line import ROOT
from tests.cli.conftest import Ml


def line_of(name: str, text: str) -> str:
    """`file:line` of the one line of a config that begins with a text, found by looking for it."""
    path = ROOT / "configs" / name
    (number,) = (
        number for number, line in enumerate(path.read_text().splitlines(), 1) if line.strip().startswith(text)
    )
    return f"{path}:{number}"


def explained(ml: Ml, key: str, *words: str) -> list[str]:
    code, output, error = ml("config", "explain", key, "config=digits_mlp", *words)
    assert (code, error) == (0, "")
    return [line.strip() for line in output.splitlines()]


def test_show_prints_the_config_that_would_run(ml: Ml) -> None:
    code, output, error = ml("config", "show", "config=digits_mlp", "optimizer.lr=3e-4", "scheduler=step")
    assert (code, error) == (0, "")
    assert yaml.safe_load(output) == compose("digits_mlp", ["optimizer.lr=3e-4", "scheduler=step"]).config


def test_show_masks_secrets(ml: Ml) -> None:
    words = ("+data.api_key=hunter2", "tracking.mlflow.uri=http://me:hunter2@host:5000")
    code, output, _ = ml("config", "show", "config=digits_mlp", *words)
    assert code == 0
    assert "hunter2" not in output
    assert yaml.safe_load(output)["data"]["api_key"] == "***"


def test_explain_masks_secrets(ml: Ml) -> None:
    lines = explained(ml, "data.api_key", "+data.api_key=hunter2")
    assert lines == ["data.api_key = ***", "set by command line: +data.api_key=***"]


def test_explain_a_value_of_base(ml: Ml) -> None:
    assert explained(ml, "seed") == ["seed = 0", f"set by {line_of('base.yaml', 'seed:')}"]


def test_explain_a_value_of_a_group_file(ml: Ml) -> None:
    assert explained(ml, "optimizer.eps") == [
        "optimizer.eps = 1e-08",
        f"set by {line_of('optimizer/adamw.yaml', 'eps:')}",
    ]


def test_explain_a_value_of_the_experiment(ml: Ml) -> None:
    assert explained(ml, "model.in_features") == [
        "model.in_features = 64",
        f"set by {line_of('digits_mlp.yaml', 'in_features:')}",
        f"in place of ??? from {line_of('model/mlp.yaml', 'in_features:')}",
    ]


def test_explain_an_override(ml: Ml) -> None:
    assert explained(ml, "epochs", "epochs=3") == [
        "epochs = 3",
        "set by command line: epochs=3",
        f"in place of 30 from {line_of('digits_mlp.yaml', 'epochs:')}",
        f"in place of 10 from {line_of('base.yaml', 'epochs:')}",
    ]


def test_explain_a_swapped_group(ml: Ml) -> None:
    assert explained(ml, "optimizer.momentum", "optimizer=sgd") == [
        "optimizer.momentum = 0.9",
        f"set by {line_of('optimizer/sgd.yaml', 'momentum:')} (picked by optimizer=sgd)",
    ]


def test_explain_an_interpolation(ml: Ml) -> None:
    assert explained(ml, "scheduler.rule.T_max") == [
        "scheduler.rule.T_max = 30",
        f"set by {line_of('scheduler/cosine.yaml', 'T_max:')}, written as ${{epochs}}",
        "epochs = 30",
        f"set by {line_of('digits_mlp.yaml', 'epochs:')}",
        f"in place of 10 from {line_of('base.yaml', 'epochs:')}",
    ]


def test_explain_a_default_of_the_schema(ml: Ml) -> None:
    assert explained(ml, "data.drop_last") == ["data.drop_last = false", "set by default of Data.drop_last"]


def test_explain_a_value_of_the_users_own_configs(ml: Ml, tmp_path: Path) -> None:
    own = tmp_path / "configs" / "optimizer" / "adamw.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("_target_: engine.optim.AdamW\n_partial_: true\n\neps: 0.5\n")
    assert explained(ml, "optimizer.eps") == ["optimizer.eps = 0.5", "set by configs/optimizer/adamw.yaml:4"]


def test_explain_a_deleted_part(ml: Ml) -> None:
    first, second, *_ = explained(ml, "tracking.mlflow", "~tracking.mlflow")
    assert first == "tracking.mlflow = (deleted)"
    assert second == "set by command line: ~tracking.mlflow"


def test_explain_a_key_with_others_below_it(ml: Ml) -> None:
    lines = explained(ml, "paths")
    assert lines[0] == "paths.outputs = outputs"
    listed = {line.partition(" = ")[0] for line in explained(ml, "model") if " = " in line}
    assert listed == {f"model.{name}" for name in compose("digits_mlp").config["model"]}


def test_explain_everything_without_a_key(ml: Ml) -> None:
    code, output, _ = ml("config", "explain", "config=digits_mlp")
    assert code == 0
    for line in ("seed = 0", "optimizer.lr = 0.003", "data.drop_last = false"):
        assert f"\n{line}\n" in output


def test_explain_suggests_the_key_that_was_meant(ml: Ml) -> None:
    code, _, error = ml("config", "explain", "optimizer.rl", "config=digits_mlp")
    assert code == 2
    assert "Nothing sets 'optimizer.rl'. Did you mean optimizer.lr" in error


def test_broken_override_is_told_after_what_could_be_shown(ml: Ml) -> None:
    code, output, error = ml("config", "show", "config=digits_mlp", "seed=1,2")
    assert code == 2
    assert "in_features: 64" in output
    assert "several values at once are a sweep" in error


@pytest.mark.parametrize("command", ["train", "config show", "config validate"])
def test_without_config_the_experiments_are_listed(ml: Ml, command: str) -> None:
    code, output, error = ml(*command.split())
    assert (code, output) == (2, "")
    assert "config=digits_mlp   An MLP on" in error


def test_experiment_without_config_in_front_is_recognised(ml: Ml) -> None:
    assert ml("train", "digits_mlp")[::2] == (2, "Error: which experiment? Did you mean config=digits_mlp?\n")


def test_two_experiments_are_refused(ml: Ml) -> None:
    code, _, error = ml("config", "show", "config=a", "config=b")
    assert code == 2
    assert "given 2 times (a, b)" in error


def test_word_that_means_nothing_is_refused(ml: Ml) -> None:
    code, _, error = ml("config", "show", "config=digits_mlp", "epochs")
    assert code == 2
    assert "command line: epochs: not an override; write key=value" in error


def test_ls_shows_experiments_and_parts(ml: Ml) -> None:
    code, output, _ = ml("ls")
    assert code == 0
    for path in (ROOT / "configs").glob("*.yaml"):
        if path.stem != "base":
            comment = path.read_text().splitlines()[0].removeprefix("# ")
            assert any(f"config={path.stem} " in line and comment in line for line in output.splitlines())
    assert "optimizer=  adam, adamw, sgd" in output
