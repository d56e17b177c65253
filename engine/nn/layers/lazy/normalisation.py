"""Batch and instance normalisation of as many channels as their first input has."""

from __future__ import annotations

from typing import Any

from engine.backend.dtype import int64
from engine.creation import tensor
from engine.nn.layers.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from engine.nn.layers.channel_norm import ChannelNorm
from engine.nn.layers.instance_norm import InstanceNorm, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from engine.nn.module.lazy import LazyModuleMixin
from engine.nn.parameter import UninitializedBuffer, UninitializedParameter, UninitializedTensor


class LazyChannelNorm(LazyModuleMixin, ChannelNorm):
    """A normalisation of channels whose num_features is that of the first input."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False, device, dtype, bias=False)
        self.affine = affine
        self.track_running_stats = track_running_stats
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        if affine:
            self.weight = UninitializedParameter(**options)
            if bias:
                self.bias = UninitializedParameter(**options)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(**options)
            self.running_var = UninitializedBuffer(**options)
            self.num_batches_tracked = tensor(0, dtype=int64, device=device)

    def initialize_parameters(self, input: Any) -> None:
        """Take num_features from the input."""
        self._check_rank(input)
        fresh = self.has_uninitialized_params()
        self.num_features = input.shape[self._channel_dim(input)]
        for each in self._own_tensors():
            if isinstance(each, UninitializedTensor):
                each.materialize((self.num_features,))
        if fresh:
            self.reset_parameters()

    def _channel_dim(self, input: Any) -> int:
        alone = isinstance(self, InstanceNorm) and input.ndim == self.ranks[0]
        return 0 if alone else 1


class LazyBatchNorm1d(LazyChannelNorm, BatchNorm1d):
    """A BatchNorm1d of as many channels as the first input has (torch.nn.LazyBatchNorm1d)."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(LazyChannelNorm, BatchNorm2d):
    """A BatchNorm2d of as many channels as the first input has (torch.nn.LazyBatchNorm2d)."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(LazyChannelNorm, BatchNorm3d):
    """A BatchNorm3d of as many channels as the first input has (torch.nn.LazyBatchNorm3d)."""

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(LazyChannelNorm, InstanceNorm1d):
    """An InstanceNorm1d of as many channels as the first input has (torch.nn.LazyInstanceNorm1d)."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(LazyChannelNorm, InstanceNorm2d):
    """An InstanceNorm2d of as many channels as the first input has (torch.nn.LazyInstanceNorm2d)."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(LazyChannelNorm, InstanceNorm3d):
    """An InstanceNorm3d of as many channels as the first input has (torch.nn.LazyInstanceNorm3d)."""

    cls_to_become = InstanceNorm3d
