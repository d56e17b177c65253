"""Where MLflow is: defaults, what is refused, what is shown."""

from pathlib import Path

import pytest

from recipes.errors import UsageError
from recipes.tracking import MLflowMirror, ui_command
from recipes.tracking.mlflow_uri import artifact_root, checked_uri, default_uri, outputs_of, without_password


def test_the_default_lies_in_the_outputs_folder_of_the_run(tmp_path: Path) -> None:
    run_folder = tmp_path / "runs" / "digits_mlp" / "a"
    assert outputs_of(run_folder) == tmp_path
    assert default_uri(tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    assert artifact_root(default_uri(tmp_path), tmp_path) == f"file://{tmp_path}/mlflow-artifacts"
    assert artifact_root("http://127.0.0.1:5000", tmp_path) is None


def test_a_relative_database_belongs_to_the_folder_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert checked_uri("sqlite:///here.db") == f"sqlite:///{tmp_path}/here.db"


@pytest.mark.parametrize(
    "uri", ["mlruns", "./mlruns", "file:///tmp/mlruns", "sqlite://", "sqlite:mlflow.db", "htp://x"]
)
def test_what_cannot_be_mlflow_is_refused_when_the_tracker_is_made(uri: str) -> None:
    with pytest.raises(UsageError, match=r"tracking\.mlflow\.uri="):
        MLflowMirror(uri=uri)


def test_a_password_is_not_shown() -> None:
    assert without_password("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"
    assert without_password("http://host:5000") == "http://host:5000"


def test_the_pages_of_a_cold_outputs_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="made by the first run"):
        ui_command(tmp_path)
    assert list(tmp_path.iterdir()) == []
