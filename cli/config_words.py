"""Sorting the words of a command line that belong to the config."""

from collections.abc import Sequence

from recipes.errors import UsageError

EXPERIMENT = "config="


def parse_config_words(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """What `config=` names, and the other words in the order typed; composing says which of them are no overrides.

    Raises UsageError where `config=` is missing, which lists the experiments, or given twice.
    """
    named = [word.removeprefix(EXPERIMENT) for word in words if word.startswith(EXPERIMENT)]
    others = tuple(word for word in words if not word.startswith(EXPERIMENT))
    if len(named) > 1:
        raise UsageError(f"config= is given {len(named)} times ({', '.join(named)}): one experiment makes one run")
    if not named or not named[0]:
        raise UsageError(_which_experiment(others))
    return named[0], others


def is_override(word: str) -> bool:
    """Whether a word changes a config: `key=value`, `+key=value` or `~key`."""
    return "=" in word or word.startswith("~")


def _which_experiment(others: Sequence[str]) -> str:
    # Imported here for a quick start-up.
    from recipes.config import list_experiments

    experiments = list_experiments()
    for word in others:
        if word in [experiment.name for experiment in experiments]:
            return f"which experiment? Did you mean config={word}?"
    width = max(len(experiment.name) for experiment in experiments)
    lines = [f"  config={experiment.name:{width}}  {experiment.summary}".rstrip() for experiment in experiments]
    return "\n".join(["which experiment? Name one with config=NAME:", *lines])
