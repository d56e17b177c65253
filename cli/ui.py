"""`ml ui`: MLflow's own pages on the outputs folder."""

from pathlib import Path

import click

from cli.parameters import outputs_option


@click.command(short_help="Open the runs in MLflow's pages.")
@outputs_option
@click.option(
    "--port", type=click.IntRange(1, 65535), help="The port to listen on; by default a free one from 5000 on."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
def ui(outputs: Path, port: int | None, host: str) -> None:
    """Serve MLflow's pages on the runs of the outputs folder, until Ctrl-C.

    \b
    ml ui
    ml ui --port 8080
    """
    # Imported here for a quick start-up.
    from cli.pages import demand_free, free_port, serve
    from recipes.tracking import ui_command

    if port is not None:
        demand_free(host, port)
    command = ui_command(outputs, host=host, port=port or free_port(host))
    click.echo("Starting MLflow, which takes some seconds ...", err=True)
    with serve(command) as server:
        click.echo(f"MLflow shows the runs of {outputs} at {command.url} (Ctrl-C ends it)")
        server.wait()
