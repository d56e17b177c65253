"""The run in MLflow that mirrors a run's folder: found by our id or created, told of parameters, tags and status."""

from collections.abc import Callable, Mapping
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Param, Run, RunTag
from mlflow.exceptions import MlflowException

from recipes.tracking.mirror.database import create_database
from recipes.tracking.mirror.file_lock import file_lock
from recipes.tracking.mirror.names import LONGEST_PARAMETER, LONGEST_TAG, mlflow_name
from recipes.tracking.mirror.run_facts import RunIdentity, birth_of
from recipes.tracking.mlflow_uri import artifact_root, outputs_of, sqlite_path

ID_TAG = "galley.run"
STATUS_TAG = "galley.status"
PARAMETERS_A_BATCH = 100
# MLflow's pages then show training runs and their charts, not traces of language models.
EXPERIMENT_TAGS = {"mlflow.experimentKind": "custom_model_development"}
STATUS = {
    "running": "RUNNING",
    "finished": "FINISHED",
    "failed": "FAILED",
    "diverged": "FAILED",
    "preempted": "KILLED",
    "interrupted": "KILLED",
    "killed": "KILLED",
}


class RemoteRun:
    """A run in MLflow, by its client and ids."""

    def __init__(self, client: MlflowClient, run: Run) -> None:
        self.client = client
        self.id: str = run.info.run_id
        self.experiment_id: str = run.info.experiment_id
        self._parameters: dict[str, str] = run.data.params

    def log_parameters(self, parameters: Mapping[str, str]) -> None:
        """Send the parameters that MLflow does not have; it keeps its first value of one that has changed."""
        values = {mlflow_name(name): value[:LONGEST_PARAMETER] for name, value in parameters.items()}
        changed = [name for name, value in values.items() if self._parameters.get(name, value) != value]
        if changed:
            print(f"MLflow keeps the first value of parameters that changed: {', '.join(changed)}")
        missing = [Param(name, value) for name, value in values.items() if name not in self._parameters]
        for start in range(0, len(missing), PARAMETERS_A_BATCH):
            self.client.log_batch(self.id, params=missing[start : start + PARAMETERS_A_BATCH])

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags, over those of the same name."""
        if not tags:
            return
        self.client.log_batch(self.id, tags=[RunTag(name, value[:LONGEST_TAG]) for name, value in tags.items()])

    def set_status(self, status: str, ended: float) -> None:
        """Record our status, by name in a tag and as the nearest of MLflow's; `ended` is in unix seconds."""
        self.set_tags({STATUS_TAG: status})
        theirs = STATUS.get(status, "FAILED")
        if theirs == "RUNNING":
            self.client.update_run(self.id, status=theirs)
        else:
            self.client.set_terminated(self.id, theirs, end_time=int(ended * 1000))


def open_remote_run(
    uri: str, run_folder: Path, identity: RunIdentity, known_id: str | None, wait: Callable[[], None]
) -> RemoteRun:
    """The MLflow run of this folder: the one known by its id, else the one with our id in its tags, else a new one.

    `wait` is called between tries while another process makes the sqlite database.
    """
    artifacts = artifact_root(uri, outputs_of(run_folder))
    database = sqlite_path(uri)
    if database is None or artifacts is None:
        return _open(MlflowClient(uri, uri), run_folder, identity, known_id, artifacts)
    with file_lock(database.with_name(f"{database.name}.lock"), wait):
        create_database(database, artifacts)
        return _open(MlflowClient(uri, uri), run_folder, identity, known_id, artifacts)


def _open(
    client: MlflowClient, run_folder: Path, identity: RunIdentity, known_id: str | None, artifacts: str | None
) -> RemoteRun:
    known = None if known_id is None else _active_run(client, known_id)
    if known is not None:
        return RemoteRun(client, known)
    experiment_id = _experiment(client, identity.experiment, artifacts)
    found = client.search_runs([experiment_id], f"tags.`{ID_TAG}` = '{identity.id}'", max_results=1)
    if found:
        return RemoteRun(client, found[0])
    started = int(birth_of(run_folder) * 1000)
    return RemoteRun(client, client.create_run(experiment_id, started, {ID_TAG: identity.id}, identity.name))


def _active_run(client: MlflowClient, run_id: str) -> Run | None:
    try:
        run = client.get_run(run_id)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    return run if run.info.lifecycle_stage == "active" else None


def _experiment(client: MlflowClient, name: str, artifacts: str | None) -> str:
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        location = None if artifacts is None else f"{artifacts}/{mlflow_name(name)}"
        return str(client.create_experiment(name, artifact_location=location, tags=EXPERIMENT_TAGS))
    if experiment.lifecycle_stage == "deleted":
        # A deleted experiment keeps its name, and takes no run.
        client.restore_experiment(experiment.experiment_id)
    return str(experiment.experiment_id)
