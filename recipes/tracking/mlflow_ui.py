"""How MLflow's own pages are started on an outputs folder."""

import sys
from dataclasses import dataclass
from pathlib import Path

from recipes.errors import UsageError
from recipes.tracking.mlflow_environment import mlflow_environment
from recipes.tracking.mlflow_uri import artifact_root, checked_uri, default_uri, sqlite_path


@dataclass(frozen=True)
class UICommand:
    """A command that serves MLflow's pages: arguments, environment, the folder it runs in, its address.

    `url` is the page to open, `<address>/health` answers once it can be.
    """

    arguments: list[str]
    environment: dict[str, str]
    folder: Path
    address: str

    @property
    def url(self) -> str:
        """The list of experiments; without the last part MLflow opens its pages for language models."""
        return f"{self.address}/#/experiments?workflowType=machine_learning"


def ui_command(outputs: Path, uri: str | None = None, host: str = "127.0.0.1", port: int = 5000) -> UICommand:
    """The command that shows the runs of an outputs folder, or of the database at `uri`.

    Raises UsageError where there is no database yet.
    """
    outputs = outputs.absolute()
    uri = default_uri(outputs) if uri is None else checked_uri(uri)
    artifacts = artifact_root(uri, outputs)
    if artifacts is None:
        raise UsageError(f"{uri} is a server: it shows its own pages. Open it in a browser.")
    database = sqlite_path(uri)
    if database is not None and not database.is_file():
        raise UsageError(f"There is no {database} yet: it is made by the first run. Start one with `ml train`.")
    arguments = [sys.executable, "-P", "-m", "mlflow", "server", "--artifacts-destination", artifacts]
    arguments += ["--host", host, "--port", str(port), "--workers", "1"]
    environment = mlflow_environment(uri) | {
        # Not an argument: everybody on the machine reads those, and a database's URI may hold a password.
        "MLFLOW_BACKEND_STORE_URI": uri,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    return UICommand(arguments, environment, outputs, f"http://{host}:{port}")
