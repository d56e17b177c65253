"""Optimizers over flat storage, and the schedules of their learning rates, under PyTorch's names."""

from engine.optim import lr_scheduler
from engine.optim.adam import Adam
from engine.optim.adamw import AdamW
from engine.optim.optimizer import Optimizer
from engine.optim.sgd import SGD

__all__ = ["Adam", "AdamW", "Optimizer", "SGD", "lr_scheduler"]
