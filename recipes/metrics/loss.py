"""The loss as a metric: its mean over samples, not over batches."""

from recipes.errors import UsageError
from recipes.metrics.metric import MeanMetric, Tensor


class MeanLoss(MeanMetric):
    """The mean loss of all samples; a batch's mean counts as many times as the batch has samples."""

    def update(self, outputs: Tensor, targets: Tensor, loss: Tensor | None = None) -> None:
        """Add a batch by its mean loss, a tensor without dimensions; sums are float64."""
        if loss is None or tuple(loss.shape) != ():
            found = "no loss" if loss is None else f"a loss of shape {tuple(loss.shape)}"
            raise UsageError(f"MeanLoss: takes the mean loss of a batch, one number; this recipe gives {found}")
        samples = outputs.shape[0]
        # Nobody waits for a number that is here already, and a sum of numbers has the same bits as one of tensors.
        mean = loss.item() if loss.device.type == "cpu" else loss.detach().double()
        self._add(total=mean * samples, count=samples)
