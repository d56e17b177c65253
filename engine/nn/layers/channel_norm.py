"""What normalisations of channels have in common: weight and bias, running statistics and how they start."""

from __future__ import annotations

from typing import Any

from engine.backend.dtype import int64
from engine.creation import ones, tensor, zeros
from engine.nn.init import ones_, zeros_
from engine.nn.module import Module
from engine.nn.parameter import Parameter


class ChannelNorm(Module):
    """A weight, a bias, a running mean and a running variance for each channel, each of them if it is wanted.

    Raises ValueError for an input whose number of dimensions is not among `ranks`.
    """

    ranks: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(ones(num_features, **options)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(num_features, **options)) if affine and bias else None)
        self.register_buffer("running_mean", zeros(num_features, **options) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features, **options) if track_running_stats else None)
        count = tensor(0, dtype=int64, device=device) if track_running_stats else None
        self.register_buffer("num_batches_tracked", count)

    def reset_running_stats(self) -> None:
        """Forget the statistics."""
        if self.track_running_stats:
            zeros_(self.running_mean)
            ones_(self.running_var)
            zeros_(self.num_batches_tracked)

    def reset_parameters(self) -> None:
        """Forget the statistics; weight becomes ones, bias zeros."""
        self.reset_running_stats()
        if self.weight is not None:
            ones_(self.weight)
        if self.bias is not None:
            zeros_(self.bias)

    def _check_rank(self, input: Any) -> None:
        if input.ndim not in self.ranks:
            allowed = " or ".join(f"{rank}D" for rank in self.ranks)
            raise ValueError(f"expected {allowed} input (got {input.ndim}D input of shape {list(input.shape)})")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )
