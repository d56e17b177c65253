"""Sorting the words of a command line that belong to the config."""

from collections.abc import Sequence
from dataclasses import dataclass

from recipes.errors import UsageError

EXPERIMENT = "config="


@dataclass(frozen=True)
class ConfigWords:
    """What `config=` names, the overrides in the order typed, and the words that are neither."""

    experiment: str
    overrides: tuple[str, ...]
    others: tuple[str, ...]


def parse_config_words(words: Sequence[str]) -> ConfigWords:
    """Pick `config=NAME` and overrides (`key=value`, `+key=value`, `~key`) from the words.

    Raises UsageError where `config=` is missing, which lists the experiments, or given twice.
    """
    named = [word.removeprefix(EXPERIMENT) for word in words if word.startswith(EXPERIMENT)]
    overrides = [word for word in words if not word.startswith(EXPERIMENT) and ("=" in word or word.startswith("~"))]
    others = [word for word in words if "=" not in word and not word.startswith("~")]
    if len(named) > 1:
        raise UsageError(f"config= is given {len(named)} times ({', '.join(named)}): one experiment makes one run")
    if not named or not named[0]:
        raise UsageError(_which_experiment(others))
    return ConfigWords(named[0], tuple(overrides), tuple(others))


def only_config(words: Sequence[str]) -> ConfigWords:
    """The same for commands that take nothing else; UsageError names a word that means nothing."""
    parsed = parse_config_words(words)
    if parsed.others:
        raise UsageError(
            f"{parsed.others[0]!r} is not an override: write key=value, +key=value to add or ~key to delete"
        )
    return parsed


def _which_experiment(others: Sequence[str]) -> str:
    # Imported here, so that `ml --help` starts up at once.
    from recipes.config import list_experiments

    experiments = list_experiments()
    for word in others:
        if word in [experiment.name for experiment in experiments]:
            return f"which experiment? Did you mean config={word}?"
    width = max(len(experiment.name) for experiment in experiments)
    lines = [f"  config={experiment.name:{width}}  {experiment.summary}".rstrip() for experiment in experiments]
    return "\n".join(["which experiment? Name one with config=NAME:", *lines])
