"""`ml train`: train a model from a config."""

import click

from cli.config_words import parse_config_words
from cli.json_output import reserved_output
from cli.outcome import show_outcome
from cli.parameters import config_words, demand_text, json_option, trust_option


@click.command(short_help="Train a model from a config.")
@config_words
@click.option("--dry-run", is_flag=True, help="Check everything, then stop: nothing is trained or written.")
@json_option
@click.option("--name", metavar="NAME", callback=demand_text, help="A word of your own for the run.")
@trust_option
@click.pass_context
def train(
    context: click.Context,
    words: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    name: str | None,
    trust: tuple[str, ...],
) -> None:
    """Train a model from a config.

    config=NAME is an experiment (`ml ls` lists them), the path of a YAML or the folder of a run; each KEY=VALUE
    changes a value of it or picks another part. The run is written below ./outputs, or below paths.outputs=FOLDER.

    \b
    ml train config=digits_mlp
    ml train config=digits_mlp optimizer=sgd optimizer.lr=0.05 epochs=10
    ml train config=fashion_mlp data.root=data/fashion-mnist --name wide

    Ends with 0 when the training finished, 2 for a config that can't be run, 3 when it diverged, 75 when it was asked
    to stop and 130 when it was interrupted; `ml resume` goes on after the last two.
    """
    experiment, overrides = parse_config_words(words)
    # Imported here for a quick start-up; threads are set before anything loads NumPy.
    from engine.backend.threads import configure

    configure()
    # As above, for start-up.
    from recipes.config import compose, trusted_packages
    from recipes.run.train import train as train_run

    with reserved_output(as_json):
        trusted = trusted_packages(trust)
        composed = compose(experiment, overrides)
        outcome = train_run(composed, trusted=trusted, name=name, dry_run=dry_run)
    show_outcome(outcome, as_json)
    context.exit(outcome.exit_code)
