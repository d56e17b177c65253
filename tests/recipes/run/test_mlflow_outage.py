"""An MLflow server that dies in the middle of a training costs nothing that `ml runs sync` does not bring back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recipes.run.trainer import LONG, Trainer, metrics, status_of
from tests.recipes.tracking.conftest import Server
from tests.recipes.tracking.run_folders import metrics_of, recorded, same_metrics, wait_until


@pytest.fixture
def mlflow_server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "server"
    folder.mkdir()
    server = Server(folder)
    server.start()
    yield server
    server.kill()


def arrived(server: Server, run: Path) -> int:
    try:
        return len(recorded(server.database, run.name).metrics)
    except AssertionError:
        return 0


@pytest.mark.slow
def test_server_killed_in_the_middle(trainer: Trainer, mlflow_server: Server) -> None:
    words = [word for word in LONG if word != "~tracking.mlflow"]
    mirrored = (f"tracking.mlflow.uri={mlflow_server.uri}", "tracking.mlflow.wait=2", "loop.log_every=1st")
    process = trainer.start("train", *words, *mirrored, "epochs=40")
    assert wait_until(lambda: bool(trainer.runs) and arrived(mlflow_server, trainer.run) > 0, 60)
    assert process.poll() is None, "the training ended before its server could be killed"
    mlflow_server.kill()
    output, error = process.communicate(timeout=100)
    assert process.returncode == 0, error
    assert "ml runs sync" in output
    assert status_of(trainer.run) == "finished"
    ours = metrics(trainer.run)
    assert len({(name, step) for name, step, _ in ours}) == len(ours)
    assert arrived(mlflow_server, trainer.run) < len(ours)

    mlflow_server.start()
    for _ in range(2):
        synced = trainer.ml("runs", "sync")
        assert synced.code == 0, synced.error
        found = recorded(mlflow_server.database, trainer.run.name)
        assert found.status == "FINISHED"
        assert same_metrics(metrics_of(trainer.run), found.metrics)
