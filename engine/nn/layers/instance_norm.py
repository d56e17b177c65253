"""Instance normalisation."""

from __future__ import annotations

import warnings
from typing import Any

from engine.nn.functional.normalisation import instance_norm
from engine.nn.layers.channel_norm import ChannelNorm


class InstanceNorm(ChannelNorm):
    """y = (x - mean) / √(var + eps) · weight + bias for each channel of each example (Ulyanov et al. 2016).

    The last of `ranks` has a dimension of examples, the first has none. With running statistics, which training moves
    by `momentum`, evaluation takes these; by default there are none, and neither weight nor bias.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def forward(self, input: Any) -> Any:
        self._check_rank(input)
        alone = input.ndim == self.ranks[0]
        self._check_channels(input, 0 if alone else 1)
        output = instance_norm(
            input.unsqueeze(0) if alone else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum or 0.0,
            self.eps,
        )
        return output.squeeze(0) if alone else output

    def _check_channels(self, input: Any, dim: int) -> None:
        given = input.shape[dim]
        if given == self.num_features:
            return
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features ({self.num_features}), but got: {given}."
            )
        warnings.warn(
            f"input's size at dim={dim}, {given}, does not match num_features ({self.num_features}), "
            "which is not used because affine=False",
            stacklevel=3,
        )


class InstanceNorm1d(InstanceNorm):
    """Instance normalisation of [N, C, L] or [C, L] (torch.nn.InstanceNorm1d)."""

    ranks = (2, 3)


class InstanceNorm2d(InstanceNorm):
    """Instance normalisation of [N, C, H, W] or [C, H, W] (torch.nn.InstanceNorm2d)."""

    ranks = (3, 4)


class InstanceNorm3d(InstanceNorm):
    """Instance normalisation of [N, C, D, H, W] or [C, D, H, W] (torch.nn.InstanceNorm3d)."""

    ranks = (4, 5)
