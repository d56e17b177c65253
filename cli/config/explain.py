"""`ml config explain`: where each value of a config comes from."""

import json
from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from cli.config_words import is_override, parse_config_words

if TYPE_CHECKING:
    from recipes.config import Explanation, Provenance, Source


@click.command(short_help="Say where a value was set, and what it won against.")
@click.argument("words", nargs=-1, metavar="[KEY]... config=NAME [KEY=VALUE]...")
def explain(words: tuple[str, ...]) -> None:
    """Say what a key's value is, which line or override set it, and which values it won against.

    A key with others below it explains all of them; without a key everything is explained.

    \b
    ml config explain optimizer.lr config=digits_mlp optimizer.lr=3e-4
    ml config explain scheduler config=digits_mlp
    """
    experiment, others = parse_config_words(words)
    keys = [word for word in others if not is_override(word)]
    # Imported here for a quick start-up.
    from recipes.config import ConfigError, compose

    composed = compose(experiment, [word for word in others if is_override(word)])
    for key in keys or composed.config:
        for found in _found(composed.provenance, str(key)):
            for line in _lines(found):
                click.echo(line)
    if composed.problems:
        raise ConfigError(composed.problems)


def _found(provenance: "Provenance", key: str) -> "list[Explanation]":
    """The explanations of a key, or of all that lie below it."""
    below = [own for own in provenance.value_keys() if own.startswith(f"{key}.")]
    try:
        return [provenance.explain(own) for own in below or [key]]
    except KeyError:
        close = get_close_matches(key, provenance.known_keys(), n=3)
        hint = f"Did you mean {' or '.join(close)}?" if close else "`ml config show` prints all keys."
        raise click.UsageError(f"Nothing sets {key!r}. {hint}") from None


def _lines(found: "Explanation", indent: str = "") -> Iterator[str]:
    yield f"{indent}{found.key} = {_shown(found.key, found.value)}"
    written = f", written as {found.written}" if found.interpolated else ""
    yield f"{indent}    set by {_place(found.winner)}{written}"
    for loser in found.losers:
        yield f"{indent}    in place of {_shown(found.key, loser.value)} from {_place(loser.source)}"
    for named in found.interpolated:
        yield from _lines(named, f"{indent}    ")


def _place(source: "Source") -> str:
    # Imported here for a quick start-up.
    from recipes.config import mask_override

    return str(replace(source, text=mask_override(source.text)) if source.kind == "override" else source)


def _shown(key: str, value: Any) -> str:
    # Imported here for a quick start-up.
    from recipes.config import DELETED, mask

    if value is DELETED:
        return "(deleted)"
    name = key.rpartition(".")[2]
    hidden = mask({name: value})[name]
    return hidden if isinstance(hidden, str) and hidden else json.dumps(hidden, ensure_ascii=False, default=str)
