"""Where MLflow is: the outputs' own database by default, or any server or database by its URI."""

from pathlib import Path
from urllib.parse import urlsplit

from recipes.errors import UsageError

DATABASE = "mlflow.db"
ARTIFACTS = "mlflow-artifacts"
SERVERS = ("http", "https", "databricks")
DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
SQLITE_PREFIX = "sqlite:///"


def outputs_of(run_folder: Path) -> Path:
    """The outputs folder of `<outputs>/runs/<experiment>/<run>`."""
    return run_folder.absolute().parents[2]


def default_uri(outputs: Path) -> str:
    """The URI of the outputs folder's own database."""
    return f"{SQLITE_PREFIX}{outputs.absolute() / DATABASE}"


def checked_uri(uri: str) -> str:
    """The URI with a relative sqlite path made absolute; raises UsageError for what MLflow cannot be reached by."""
    scheme = uri.partition(":")[0].partition("+")[0]
    if scheme not in SERVERS + DATABASES or (scheme in DATABASES and "://" not in uri):
        raise UsageError(
            f"tracking.mlflow.uri={uri} is no place where MLflow can be. "
            "Give a server (http://127.0.0.1:5000), a database (sqlite:////folder/mlflow.db, postgresql://...), "
            "or null for the outputs folder's own database."
        )
    if scheme == "sqlite":
        return f"{SQLITE_PREFIX}{sqlite_path(uri)}"
    return uri


def sqlite_path(uri: str) -> Path | None:
    """The absolute path of a sqlite URI's file, None for other URIs; raises UsageError where the URI names no file."""
    if uri.partition(":")[0].partition("+")[0] != "sqlite":
        return None
    path = uri.partition(":///")[2]
    if not path or path == ":memory:":
        raise UsageError(f"tracking.mlflow.uri={uri} names no file. Write sqlite:////folder/mlflow.db.")
    return Path(path).absolute()


def artifact_root(uri: str, outputs: Path) -> str | None:
    """Where artifacts go, as a URI; None leaves it to the server."""
    if uri.partition(":")[0] in SERVERS:
        return None
    database = sqlite_path(uri)
    folder = outputs if database is None else database.parent
    return (folder.absolute() / ARTIFACTS).as_uri()


def without_password(uri: str) -> str:
    """The URI as it may be shown and stored: a password in it becomes ***."""
    password = urlsplit(uri).password
    return uri if password is None else uri.replace(f":{password}@", ":***@", 1)
