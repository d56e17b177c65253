"""`ml resume`: go on with a run that was stopped."""

from pathlib import Path

import click

from cli.json_output import reserved_output
from cli.outcome import show_outcome
from cli.parameters import json_option, outputs_option, run_argument, trust_option


@click.command(short_help="Go on with a run that was stopped.")
@run_argument
@outputs_option
@json_option
@trust_option
@click.pass_context
def resume(context: click.Context, reference: str, outputs: Path, as_json: bool, trust: tuple[str, ...]) -> None:
    """Go on with a run from its newest intact checkpoint, as if it had never been stopped.

    RUN is a run's folder, the beginning of its id, or `latest`.

    \b
    ml resume latest
    ml resume 20261120-1931
    """
    # Imported here for a quick start-up; threads are set before anything loads NumPy.
    from engine.backend.threads import configure

    configure()
    # As above, for start-up.
    from recipes.config import trusted_packages
    from recipes.run.folder import find_run
    from recipes.run.resume import resume as resume_run

    with reserved_output(as_json):
        outcome = resume_run(find_run(reference, outputs), trusted=trusted_packages(trust))
    show_outcome(outcome, as_json)
    context.exit(outcome.exit_code)
