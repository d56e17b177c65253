"""MLflow's sqlite database, made whole or not at all."""

import os
from pathlib import Path

from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore


def create_database(path: Path, artifacts: str) -> None:
    """Make MLflow's database where there is none; to be called under a lock.

    Its tables are made in a file of another name: a process that is killed meanwhile leaves no broken database.
    """
    if path.exists():
        return
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    SqlAlchemyStore(f"sqlite:///{unfinished}", artifacts).engine.dispose()
    os.replace(unfinished, path)
