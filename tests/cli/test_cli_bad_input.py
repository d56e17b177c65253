"""What can't be run ends with 2 and one clear message, and leaves no run behind."""

from pathlib import Path

import pytest

from tests.cli.command_line import ROOT, Shell

BASE = ROOT / "configs"
MINE = """\
# Mine
defaults:
  - digits_mlp
  - _self_

"""

# Words after `config=digits_mlp`, and what the message must say.
WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unknown key": (("optimizer.learning_rat=1",), ("optimizer.learning_rat=1", "no argument 'learning_rat'")),
    "misspelt key": (("epoch=3",), ("command line: epoch=3", "did you mean 'epochs'?")),
    "unknown option of a group": (
        ("optimizer=sgdd",),
        ("the group 'optimizer' has no option 'sgdd'", "did you mean 'sgd'?", "adam, adamw, sgd"),
    ),
    "wrong type": (("epochs=many",), ("epochs", "a whole number", "'many'")),
    "missing file": (("data=fashion_mnist", "data.root=nowhere"), ("nowhere",)),
    "os.system": (("loop._target_=os.system",), ("os.system is outside of engine, recipes",)),
    "builtins.eval": (("loop._target_=builtins.eval",), ("builtins.eval is outside of engine, recipes",)),
    "walk out of a package": (
        ("model._target_=recipes.datasets.download.urllib.request.urlretrieve",),
        ("recipes.datasets.download.urllib.request.urlretrieve",),
    ),
    "two errors at once": (
        ("epochs=many", "optimizer=sgdd"),
        ("epochs", "a whole number", "no option 'sgdd'"),
    ),
    "monitor of a metric that isn't there": (
        (
            "+callbacks.stop._target_=recipes.callbacks.early_stopping.EarlyStopping",
            "+callbacks.stop.monitor=validation/acuracy",
        ),
        ("validation/acuracy", "validation/accuracy"),
    ),
    "data that doesn't fit the model": (("model.in_features=32",), ("64", "32", "layers")),
    "trust given as an override": (("+trust=[os]",), ("trust is never given by a config", "--trust")),
    "no override": (("epochs",), ("command line: epochs: not an override", "write key=value")),
    "sweep": (("epochs=1,2",), ("several values at once",)),
}

# YAML of the user's own, below `defaults: [digits_mlp, _self_]`, and what the message must say.
FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "unknown key": ("optimizer:\n  lerning_rate: 1\n", ("configs/mine.yaml:7", "no argument 'lerning_rate'")),
    "misspelt key at the top": ("epoch: 3\n", ("configs/mine.yaml:6", "did you mean 'epochs'?")),
    "wrong type": ("seed: yes please\n", ("configs/mine.yaml:6", "a whole number", "'yes please'")),
    "trust in a YAML": ("trust: [os]\n", ("configs/mine.yaml:6", "trust is never given by a config")),
    "os.system": ("loop:\n  _target_: os.system\n", ("configs/mine.yaml:7", "os.system is outside of engine, recipes")),
    "two errors at once": (
        "epoch: 3\nseed: none\n",
        ("2 problems", "configs/mine.yaml:6", "configs/mine.yaml:7", "did you mean 'epochs'?", "a whole number"),
    ),
    "broken YAML": ("a: [1\n", ("configs/mine.yaml:", "this is not YAML")),
}


def refused(shell: Shell, *words: str) -> str:
    """What `ml` says of a command line that it must refuse."""
    answer = shell.ml(*words)
    assert answer.returncode == 2, answer.stderr
    assert answer.stdout == ""
    assert answer.stderr.startswith("Error: ")
    assert "Traceback" not in answer.stderr
    assert answer.stderr.count("Error: ") == 1
    assert not list(Path(shell.folder).glob("**/runs/*/*")), "a run was left behind"
    return answer.stderr


@pytest.mark.parametrize("case", WORDS)
def test_command_line_is_refused(shell: Shell, case: str) -> None:
    words, expected = WORDS[case]
    message = refused(shell, "train", "config=digits_mlp", *words)
    assert [part for part in expected if part not in message] == [], message


@pytest.mark.parametrize("case", FILES)
def test_file_is_refused_with_its_line(shell: Shell, case: str) -> None:
    text, expected = FILES[case]
    shell.write("configs/mine.yaml", MINE + text)
    message = refused(shell, "train", "config=mine")
    assert [part for part in expected if part not in message] == [], message


@pytest.mark.parametrize("case", ["two errors at once", "data that doesn't fit the model", "os.system"])
def test_validate_says_the_same_as_train(shell: Shell, case: str) -> None:
    words = ("config=digits_mlp", *WORDS[case][0])
    assert refused(shell, "config", "validate", *words) == refused(shell, "train", *words)


def test_json_keeps_standard_output_empty_for_a_refusal(shell: Shell) -> None:
    refused(shell, "train", "config=digits_mlp", "epochs=many", "--json")


def test_trust_in_the_folder_of_a_run_is_refused(shell: Shell) -> None:
    shell.write("run/config.yaml", "trust: [os]\nloop: {_target_: os.system}\n")
    message = refused(shell, "train", "config=run")
    assert "trust is never given by a config" in message
    assert "os.system is outside of" in message


def test_trust_must_name_a_package(shell: Shell) -> None:
    assert "is not the name of a package" in refused(shell, "train", "config=digits_mlp", "--trust", "/etc")


def test_unknown_experiment_lists_those_there_are(shell: Shell) -> None:
    message = refused(shell, "train", "config=digit_mlp")
    assert "did you mean 'digits_mlp'?" in message
    assert "fashion_mlp" in message


def test_unknown_run_is_refused(shell: Shell) -> None:
    for command in ("resume", "eval"):
        assert "there is no run 'latest'" in refused(shell, command, "latest")
