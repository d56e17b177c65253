"""The callback that ends a training which no longer gets better."""

from collections.abc import Mapping
from typing import Any

from recipes.callbacks.best import Best, Mode
from recipes.callbacks.callback import Callback, Training


class EarlyStopping(Callback):
    """Stops after `patience` epochs in which `monitor` did not get better by more than `margin`."""

    def __init__(
        self, monitor: str = "validation/loss", mode: Mode = "min", patience: int = 5, margin: float = 0.0
    ) -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least 1 epoch, got {patience}")
        self.best = Best(monitor, mode, margin)
        self.patience = patience
        self.waited = 0

    @property
    def monitors(self) -> tuple[str, ...]:
        """The metric that must get better."""
        return (self.best.monitor,)

    def after_epoch(self, training: Training, metrics: Mapping[str, float]) -> None:
        """Count the epochs without a gain."""
        self.waited = 0 if self.best.improved(metrics) else self.waited + 1
        if self.waited >= self.patience:
            best = "none was finite" if self.best.value is None else f"best {self.best.value:.4g}"
            training.stop(f"{self.best.monitor} did not get better for {self.waited} epochs ({best})")

    def state_dict(self) -> dict[str, Any]:
        """The best value and the epochs since."""
        return {"best": self.best.state_dict(), "waited": self.waited}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue counting."""
        self.best.load_state_dict(state["best"])
        self.waited = state["waited"]
