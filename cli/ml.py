"""The command `ml` itself: its help, and where each of its commands lives."""

import click

from cli.lazy_group import LazyGroup

COMMANDS = {
    "train": "cli.train:train",
    "resume": "cli.resume:resume",
    "eval": "cli.evaluate:evaluate",
    "ls": "cli.experiments:experiments",
    "config": "cli.config:config",
    "runs": "cli.runs:runs",
    "ui": "cli.ui:ui",
    "doctor": "cli.doctor:doctor",
}


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="galley", prog_name="ml")
def ml() -> None:
    """Train models from YAML.

    \b
    ml ls                                      what can be trained
    ml train config=digits_mlp                 train it
    ml train config=digits_mlp optimizer.lr=1e-2 model.hidden=[256]
    ml runs ls                                 what was trained
    """
