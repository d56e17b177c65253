"""The callback that ends a training whose loss is no longer a number, before that reaches the parameters."""

import math
from typing import Any

from recipes.callbacks.callback import Callback, Training
from recipes.errors import DivergedError


class NanGuard(Callback):
    """Raises DivergedError before the update of a step whose loss or gradients are not finite.

    The parameters are those after the last good step. The loss is looked at in each step, gradients in every
    `gradients_every`-th.
    """

    priority = 100

    def __init__(self, gradients_every: int = 1) -> None:
        if gradients_every < 1:
            raise ValueError(f"gradients_every must be at least 1 step, got {gradients_every}")
        self.gradients_every = gradients_every

    def before_update(self, training: Training, loss: Any, batch: Any) -> None:
        """Look at the loss, then at the gradients."""
        value = float(loss)
        if not math.isfinite(value):
            raise DivergedError(f"the loss of step {training.step + 1} is {value}{_blame(training)}", batch)
        looks = training.step % self.gradients_every == 0
        if looks and not _are_finite(training.optimizer) and (name := _broken_gradient(training.model)):
            message = f"the gradient of {name} in step {training.step + 1} is not finite (the loss is {value:.4g})"
            raise DivergedError(message + _blame(training), batch)


def _are_finite(optimizer: Any) -> bool:
    """Whether all gradients surely are finite, by one number: a device waits at each that is read."""
    update = optimizer.prepare()
    if update is not None:
        update.collect()
        return math.isfinite(update.norm())
    gradients = [each.grad for group in optimizer.param_groups for each in group["params"] if each.grad is not None]
    # Finite ones too may add up to infinity.
    return math.isfinite(float(sum(each.sum() for each in gradients)))


def _broken_gradient(model: Any) -> str | None:
    """The first parameter whose gradient is not finite."""
    gradients = {name: each.grad for name, each in model.named_parameters() if each.grad is not None}
    return next((name for name, each in gradients.items() if not each.isfinite().all()), None)


def _blame(training: Training) -> str:
    rates = sorted({group["lr"] for group in training.optimizer.param_groups})
    return f"; the learning rate was {', '.join(f'{rate:.3g}' for rate in rates)}, try a smaller one: optimizer.lr="
