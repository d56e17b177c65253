"""Sending metrics to MLflow: those that it does not have, none twice."""

from collections.abc import Iterable

from mlflow import MlflowClient
from mlflow.entities import Metric

from recipes.tracking.metrics_record import MetricsRecord
from recipes.tracking.mirror.names import mlflow_name

METRICS_A_BATCH = 1000


class MetricsSender:
    """Sends records in batches, and asks once for each name which steps MLflow already has.

    After an error nobody knows what arrived: make a new sender, which asks again.
    """

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self._client = client
        self._run_id = run_id
        self._steps: dict[str, set[int]] = {}

    def send(self, records: Iterable[MetricsRecord]) -> None:
        """Send what MLflow does not have of these records."""
        batch: list[Metric] = []
        for record in records:
            for name, value in record.metrics.items():
                if self._is_new(mlflow_name(name), record.step):
                    batch.append(Metric(mlflow_name(name), value, int(record.time * 1000), record.step))
                if len(batch) == METRICS_A_BATCH:
                    self._client.log_batch(self._run_id, metrics=batch)
                    batch = []
        if batch:
            self._client.log_batch(self._run_id, metrics=batch)

    def _is_new(self, name: str, step: int) -> bool:
        if name not in self._steps:
            self._steps[name] = {metric.step for metric in self._client.get_metric_history(self._run_id, name)}
        steps = self._steps[name]
        if step in steps:
            return False
        steps.add(step)
        return True
