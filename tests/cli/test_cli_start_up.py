"""`ml --help` answers at once, and every command has help with an example."""

import json
import time
from collections.abc import Iterator

import click
import pytest

from cli.lazy_group import LazyGroup
from cli.ml import ml as group
from tests.cli.command_line import Shell

HEAVY = {"numpy", "scipy", "hydra", "omegaconf", "mlflow", "rich", "yaml", "sklearn", "psutil", "engine"}
IMPORTED = """
import json, sys
from cli.main import main
sys.argv[0] = "ml"
try:
    main()
except SystemExit as end:
    print(json.dumps([end.code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def commands(prefix: tuple[str, ...], parent: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield prefix, parent
    if isinstance(parent, LazyGroup):
        context = click.Context(parent)
        for name in parent.list_commands(context):
            command = parent.get_command(context, name)
            assert command is not None, f"{name} is listed and not there"
            yield from commands((*prefix, name), command)


ALL = dict(commands((), group))


@pytest.mark.parametrize("words", [(), ("train",), ("config", "explain"), ("runs", "ls"), ("doctor",)], ids=" ".join)
def test_help_imports_nothing_heavy(shell: Shell, words: tuple[str, ...]) -> None:
    answer = shell.python("-c", IMPORTED, *words, "--help")
    code, modules = json.loads(answer.stdout.splitlines()[-1])
    assert (code, answer.stderr) == (0, "")
    assert not HEAVY & set(modules)


def test_help_takes_less_than_150_milliseconds(shell: Shell) -> None:
    def seconds() -> float:
        began = time.perf_counter()
        assert shell.ml("--help").returncode == 0
        return time.perf_counter() - began

    # The fastest of several: the machine may be busy with something else.
    assert min(seconds() for _ in range(8)) < 0.150


def test_help_lists_every_command(shell: Shell) -> None:
    listed = shell.ml("--help").stdout
    assert [name for name in group.list_commands(click.Context(group)) if f"\n  {name} " not in listed] == []


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_of_a_command_shows_an_example(words: tuple[str, ...]) -> None:
    text = ALL[words].help or ""
    assert "\b\n" in text, "an example keeps its lines"
    assert " ".join(["ml", *words]) in text
    assert words == () or ALL[words].short_help


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_option_says_what_it_does(words: tuple[str, ...]) -> None:
    options = [parameter for parameter in ALL[words].params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_unknown_command_is_answered_with_a_suggestion(shell: Shell) -> None:
    answer = shell.ml("trian")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "There is no command 'trian'. Did you mean 'train'?" in answer.stderr


def test_unknown_subcommand_lists_those_there_are(shell: Shell) -> None:
    answer = shell.ml("runs", "xyz")
    assert answer.returncode == 2
    assert "There are: ls, show, sync." in answer.stderr


def test_config_without_train_is_answered_with_train(shell: Shell) -> None:
    answer = shell.ml("config=digits_mlp")
    assert answer.returncode == 2
    assert "Did you mean 'ml train config=digits_mlp'?" in answer.stderr


def test_unknown_option_is_answered_with_a_suggestion(shell: Shell) -> None:
    answer = shell.ml("train", "config=digits_mlp", "--dry-rum")
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "--dry-run" in answer.stderr
