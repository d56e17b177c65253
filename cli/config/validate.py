"""`ml config validate`: everything that is wrong with a config, at once."""

import click

from cli.config_words import parse_config_words
from cli.parameters import config_words, trust_option


@click.command(short_help="Check a config without training.")
@config_words
@trust_option
def validate(words: tuple[str, ...], trust: tuple[str, ...]) -> None:
    """Check a config: its keys, types and parts, then one step on shapes alone. Ends with 2 where something is wrong.

    \b
    ml config validate config=digits_mlp model.hidden=[512,512]
    """
    experiment, overrides = parse_config_words(words)
    # Imported here for a quick start-up; threads are set before anything loads NumPy.
    from engine.backend.threads import configure

    configure()
    # As above, for start-up.
    from recipes.config import ConfigError, compose, trusted_packages
    from recipes.run.preflight import preflight

    composed = compose(experiment, overrides)
    problems = preflight(composed, trusted_packages(trust))
    if problems:
        raise ConfigError(problems)
    click.echo(f"{composed.experiment}: nothing is wrong with it")
