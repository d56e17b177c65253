"""Keeping the records of a run: metrics in a file, lines on the console, a mirror in MLflow."""

from recipes.tracking.confusion_matrix import confusion_matrix_picture, write_confusion_matrix
from recipes.tracking.console import ConsoleTracker
from recipes.tracking.errors import TrackingError
from recipes.tracking.jsonl import METRICS_FILE, JSONLTracker
from recipes.tracking.metrics_file import MetricsFile
from recipes.tracking.metrics_reader import MetricsFollower, read_metrics
from recipes.tracking.metrics_record import MetricsRecord
from recipes.tracking.mirror_process import MirrorProcess, sync
from recipes.tracking.mlflow_mirror import MLflowMirror
from recipes.tracking.mlflow_record import MLflowRecord, read_record
from recipes.tracking.mlflow_ui import UICommand, ui_command
from recipes.tracking.tracker import Tracker

__all__ = [
    "Tracker",
    "JSONLTracker",
    "ConsoleTracker",
    "MLflowMirror",
    "METRICS_FILE",
    "MetricsFile",
    "MetricsFollower",
    "MetricsRecord",
    "read_metrics",
    "MirrorProcess",
    "sync",
    "MLflowRecord",
    "read_record",
    "UICommand",
    "ui_command",
    "confusion_matrix_picture",
    "write_confusion_matrix",
    "TrackingError",
]
