"""Eight trainings started at once in an empty folder: eight complete runs, in eight folders and in MLflow."""

import json
from pathlib import Path

import pytest

from tests.recipes.run.trainer import Trainer, status_of
from tests.recipes.tracking.run_folders import metrics_of, recorded, same_metrics

STARTS = 8


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_eight_at_once(trainer: Trainer) -> None:
    # Eight programs that load MLflow at once can take longer on two cores than a run waits by itself.
    words = ("train", "config=digits_mlp", "epochs=2", "tracking.mlflow.wait=200", "--json")
    processes = [trainer.start(*words) for _ in range(STARTS)]
    answers = [process.communicate(timeout=280) for process in processes]
    assert [process.returncode for process in processes] == [0] * STARTS, [error for _, error in answers]
    runs = [Path(json.loads(output)["run"]) for output, _ in answers]
    assert sorted(runs) == sorted(trainer.runs)
    assert len(set(runs)) == STARTS
    for run in runs:
        assert status_of(run) == "finished"
        found = recorded(trainer.folder / "outputs" / "mlflow.db", run.name)
        assert found.status == "FINISHED"
        assert same_metrics(metrics_of(run), found.metrics)
