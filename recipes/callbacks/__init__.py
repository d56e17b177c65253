"""Callbacks: what happens beside a training, each with its trigger and its priority."""

from recipes.callbacks.callback import Callback, Callbacks, Training
from recipes.callbacks.checkpoint import Checkpoint
from recipes.callbacks.early_stopping import EarlyStopping
from recipes.callbacks.nan_guard import NanGuard
from recipes.callbacks.progress import Progress
from recipes.callbacks.scheduler import Scheduler
from recipes.callbacks.trigger import Timer, Trigger

__all__ = [
    "Callback",
    "Callbacks",
    "Checkpoint",
    "EarlyStopping",
    "NanGuard",
    "Progress",
    "Scheduler",
    "Timer",
    "Training",
    "Trigger",
]
