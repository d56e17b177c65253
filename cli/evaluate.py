"""`ml eval`: measure a trained model."""

from pathlib import Path
from typing import Literal

import click

from cli.json_output import print_json, reserved_output
from cli.outcome import show_metrics
from cli.parameters import json_option, outputs_option, run_argument, trust_option


@click.command("eval", short_help="Measure a trained model.")
@run_argument
@click.option(
    "--split", default="test", show_default=True, metavar="NAME", help="Which part of the data to measure on."
)
@click.option(
    "--checkpoint", type=click.Choice(["best", "last"]), default="best", show_default=True, help="Which weights."
)
@outputs_option
@json_option
@trust_option
def evaluate(
    reference: str,
    split: str,
    checkpoint: Literal["best", "last"],
    outputs: Path,
    as_json: bool,
    trust: tuple[str, ...],
) -> None:
    """Measure the model of a run on one split of its data.

    RUN is a run's folder, the beginning of its id, or `latest`.

    \b
    ml eval latest
    ml eval 20261120-1931 --split validation --checkpoint last --json
    """
    # Imported here for a quick start-up; threads are set before anything loads NumPy.
    from engine.backend.threads import configure

    configure()
    # As above, for start-up.
    from recipes.config import trusted_packages
    from recipes.run.evaluate import evaluate as evaluate_run
    from recipes.run.folder import find_run

    with reserved_output(as_json):
        folder = find_run(reference, outputs)
        metrics = evaluate_run(folder, split=split, checkpoint=checkpoint, trusted=trusted_packages(trust))
    if as_json:
        print_json({"run": str(folder.absolute()), "metrics": metrics})
    else:
        show_metrics(metrics)
