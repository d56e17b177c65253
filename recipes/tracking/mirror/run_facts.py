"""What MLflow is told about a run beside its metrics, read from the files in the run's folder."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from recipes.tracking.errors import TrackingError


@dataclass(frozen=True)
class RunIdentity:
    """What `run.json` says of a run; the status is the trainer's last word, or `running`."""

    id: str
    name: str
    experiment: str
    status: str


def read_identity(run_folder: Path) -> RunIdentity:
    """The run's `run.json`; raises TrackingError if it is missing or says too little."""
    path = run_folder / "run.json"
    try:
        fields = json.loads(path.read_bytes())
        return RunIdentity(**{name: str(fields[name]) for name in ("id", "name", "experiment", "status")})
    except FileNotFoundError as error:
        raise TrackingError(f"{run_folder} is no run's folder: it holds no run.json.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrackingError(f"{path} cannot be read as a run's record: {error!r}.") from error


def birth_of(run_folder: Path) -> float:
    """When the run began, in unix seconds: its config was written then and never again."""
    paths = (run_folder / name for name in ("config.yaml", "run.json"))
    return next(path.stat().st_mtime for path in paths if path.exists())


def read_parameters(run_folder: Path) -> dict[str, str]:
    """The resolved config, flattened: `optimizer.lr` to its value as it stands in YAML."""
    try:
        config = yaml.safe_load((run_folder / "config.yaml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return dict(_flattened("", config or {}))


def read_tags(run_folder: Path) -> dict[str, str]:
    """Tags in MLflow's own names: the git commit and the command, as `env.json` has them."""
    try:
        environment = json.loads((run_folder / "env.json").read_bytes())
        git, command = environment.get("git"), environment.get("command")
    except (OSError, ValueError, AttributeError):
        return {}
    tags = {}
    if isinstance(git, dict) and git.get("commit"):
        tags["mlflow.source.git.commit"] = str(git["commit"])
    if command:
        words = command if isinstance(command, str) else " ".join(str(word) for word in command)
        tags |= {"mlflow.source.name": words, "mlflow.source.type": "LOCAL"}
    return tags


def _flattened(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and (value or not prefix):
        for key, inner in value.items():
            yield from _flattened(f"{prefix}.{key}" if prefix else str(key), inner)
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
