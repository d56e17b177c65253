"""The environment in which MLflow runs: no telemetry, no surprises from the user's folder or shell."""

import os

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # MLflow's own retries block for minutes; the mirror has its own, which end when the trainer does.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    # A mirror computes nothing: threads of its NumPy would only take cores from the training.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONUNBUFFERED": "1",
}
IN_OUR_WAY = ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_REGISTRY_URI")


def mlflow_environment(uri: str) -> dict[str, str]:
    """This process's environment with MLflow at `uri`; user, password and token for a server stay as they are."""
    inherited = {name: value for name, value in os.environ.items() if name not in IN_OUR_WAY}
    return inherited | SETTINGS | {"MLFLOW_TRACKING_URI": uri}
