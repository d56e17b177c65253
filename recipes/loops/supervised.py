"""The loop of learning from labelled samples."""

from collections.abc import Callable
from typing import Any

from recipes.loops.loop import Batch, Loop


class Supervised(Loop):
    """Makes the model's outputs for the inputs match the targets, as `loss(outputs, targets)` measures it."""

    def __init__(self, *, loss: Callable[[Any, Any], Any], **common: Any) -> None:
        super().__init__(**common)
        self.loss = loss

    def training_step(self, batch: Batch) -> Any:
        """Forward, loss and backward."""
        inputs, targets = batch
        outputs = self.model(inputs)
        loss = self.loss(outputs, targets)
        loss.backward()
        self.train_metrics.update(outputs.detach(), targets, loss.detach())
        return loss

    def evaluation_step(self, batch: Batch) -> None:
        """Forward and loss."""
        inputs, targets = batch
        outputs = self.model(inputs)
        self.evaluation_metrics.update(outputs, targets, self.loss(outputs, targets))
