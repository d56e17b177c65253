"""Batch normalisation."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.normalisation import batch_norm
from engine.nn.layers.channel_norm import ChannelNorm


class BatchNorm(ChannelNorm):
    """y = (x - mean) / √(var + eps) · weight + bias for each channel, dimension 1.

    Training takes the batch's statistics and moves the running ones, running ← (1 - momentum) running + momentum batch
    (momentum=None averages all batches alike); evaluation takes the running ones.
    """

    def forward(self, input: Any) -> Any:
        self._check_rank(input)
        follows = self.training and self.track_running_stats
        if follows and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        own = self.training or self.running_mean is None
        return batch_norm(
            input,
            self.running_mean if follows or not own else None,
            self.running_var if follows or not own else None,
            self.weight,
            self.bias,
            own,
            self._weight_of_this_batch() if follows else 0.0,
            self.eps,
        )

    def _weight_of_this_batch(self) -> float:
        return 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum


class BatchNorm1d(BatchNorm):
    """Batch normalisation of [N, C] or [N, C, L] (torch.nn.BatchNorm1d)."""

    ranks = (2, 3)


class BatchNorm2d(BatchNorm):
    """Batch normalisation of [N, C, H, W] (torch.nn.BatchNorm2d)."""

    ranks = (4,)


class BatchNorm3d(BatchNorm):
    """Batch normalisation of [N, C, D, H, W] (torch.nn.BatchNorm3d)."""

    ranks = (5,)
