"""`ml config show`: the whole config, resolved."""

import click

from cli.config_words import parse_config_words
from cli.parameters import config_words


@click.command(short_help="Print the whole config, resolved.")
@config_words
def show(words: tuple[str, ...]) -> None:
    """Print the config that `ml train` would run with the same words, as YAML; secrets are masked.

    \b
    ml config show config=digits_mlp
    ml config show config=digits_mlp optimizer=sgd > mine.yaml
    """
    experiment, overrides = parse_config_words(words)
    # Imported here for a quick start-up.
    from recipes.config import ConfigError, compose, frozen_text, mask

    composed = compose(experiment, overrides)
    click.echo(frozen_text(mask(composed.config)), nl=False)
    if composed.problems:
        raise ConfigError(composed.problems)
