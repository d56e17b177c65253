"""The loop of learning from labelled samples."""

from collections.abc import Callable
from typing import Any, ClassVar

from recipes.loops.loop import Batch, Loop


class Supervised(Loop):
    """Makes the model's outputs for the inputs match the targets, as `loss(outputs, targets)` measures it."""

    compiles: ClassVar[bool] = True

    def __init__(self, *, loss: Callable[[Any, Any], Any], **common: Any) -> None:
        super().__init__(**common)
        self.loss = loss
        self.learning = self.pure(self.learn)
        self.judging = self.pure(self.judge)

    def training_step(self, batch: Batch) -> Any:
        """Forward, loss and backward."""
        inputs, targets = batch
        outputs, loss = self.learning(inputs, targets)
        self.train_metrics.collect(outputs, targets, loss)
        return loss

    def evaluation_step(self, batch: Batch) -> None:
        """Forward and loss."""
        inputs, targets = batch
        outputs, loss = self.judging(inputs, targets)
        self.evaluation_metrics.collect(outputs, targets, loss)

    def learn(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        """The outputs and their loss, whose gradients are then there; nothing but tensors is touched."""
        outputs = self.model(inputs)
        loss = self.loss(outputs, targets)
        loss.backward()
        return outputs.detach(), loss.detach()

    def judge(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        """The outputs and their loss."""
        outputs = self.model(inputs)
        return outputs, self.loss(outputs, targets)
