"""Group normalisation."""

from __future__ import annotations

from typing import Any

from engine.creation import ones, zeros
from engine.nn.functional.normalisation import group_norm
from engine.nn.init import ones_, zeros_
from engine.nn.module import Module
from engine.nn.parameter import Parameter


class GroupNorm(Module):
    """y = (x - mean) / √(var + eps) · weight + bias over each group of channels of each example (Wu and He 2018).

    Weight and bias are one number for each channel, dimension 1. Raises ValueError for channels that do not make
    `num_groups` groups (torch.nn.GroupNorm).
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(ones(num_channels, **options)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(num_channels, **options)) if affine and bias else None)

    def reset_parameters(self) -> None:
        """Weight becomes ones, bias zeros."""
        if self.weight is not None:
            ones_(self.weight)
        if self.bias is not None:
            zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )
