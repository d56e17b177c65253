"""Metrics as sums and counts: added to without waiting for the device, mergeable, and saved with the run."""

from recipes.metrics.classification import Accuracy, ConfusionMatrix
from recipes.metrics.collection import Metrics
from recipes.metrics.loss import MeanLoss
from recipes.metrics.metric import MeanMetric, Metric, ScalarMetric, TableMetric

__all__ = ["Accuracy", "ConfusionMatrix", "MeanLoss", "MeanMetric", "Metric", "Metrics", "ScalarMetric", "TableMetric"]
