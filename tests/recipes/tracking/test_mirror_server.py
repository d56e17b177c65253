"""The mirror on a real MLflow server that is killed and comes back."""

import time
from pathlib import Path

import pytest

from recipes.tracking import JSONLTracker, MLflowMirror, Tracker, sync
from tests.recipes.tracking.conftest import Server
from tests.recipes.tracking.run_folders import make_run, metrics_of, recorded, same_metrics, wait_until, write_status

pytestmark = pytest.mark.slow


def arrived(server: Server, folder: Path) -> int:
    """How many metrics the server's database has of this run."""
    try:
        return len(recorded(server.database, folder.name).metrics)
    except AssertionError:
        return 0


def test_a_server_killed_in_the_middle_loses_nothing_after_a_sync(tmp_path: Path, server: Server) -> None:
    folder = make_run(tmp_path / "outputs")
    trackers: list[Tracker] = [JSONLTracker(), MLflowMirror(uri=server.uri, wait=1.0)]
    for tracker in trackers:
        tracker.start(folder)
    for step in range(6000):
        for tracker in trackers:
            tracker.log(step, step / 100, {"train/loss": 1 / (step + 1), "odd": float("nan" if step % 7 else "inf")})
        if step == 3000:
            assert wait_until(lambda: arrived(server, folder) > 0, 60)
            server.kill()
        time.sleep(0.0005)
    write_status(folder, "finished")
    ends = [tracker.end("finished") for tracker in trackers]
    assert ends[0] is None
    assert ends[1] is not None

    server.start()
    for _ in range(2):
        sync(folder)
        run = recorded(server.database, folder.name)
        assert run.status == "FINISHED"
        assert same_metrics(metrics_of(folder), run.metrics)
    assert (tmp_path / "outputs" / "mlflow.db").exists() is False


def test_a_server_that_comes_back_during_the_run_is_found_again(tmp_path: Path, server: Server) -> None:
    folder = make_run(tmp_path / "outputs")
    trackers: list[Tracker] = [JSONLTracker(), MLflowMirror(uri=server.uri, wait=60.0)]
    for tracker in trackers:
        tracker.start(folder)
    for step in range(4000):
        for tracker in trackers:
            tracker.log(step, step / 100, {"train/loss": 1 / (step + 1)})
        if step == 2000:
            assert wait_until(lambda: arrived(server, folder) > 0, 60)
            server.kill()
            server.start()
        time.sleep(0.001)
    write_status(folder, "finished")
    assert [tracker.end("finished") for tracker in trackers] == [None, None]
    run = recorded(server.database, folder.name)
    assert run.status == "FINISHED"
    assert same_metrics(metrics_of(folder), run.metrics)
    assert len(run.metrics) == 4000
