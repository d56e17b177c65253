"""Root mean square normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.creation import ones
from engine.nn.functional.normalisation import rms_norm
from engine.nn.init import ones_
from engine.nn.module import Module
from engine.nn.parameter import Parameter


class RMSNorm(Module):
    """y = x / √(mean(x²) + eps) · weight over the last dimensions (torch.nn.RMSNorm; Zhang and Sennrich 2019).

    Without `eps` it is the smallest step from 1 in the type that is computed in.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape = shape
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        weight = Parameter(ones(shape, device=device, dtype=dtype)) if elementwise_affine else None
        self.register_parameter("weight", weight)

    def reset_parameters(self) -> None:
        """Weight becomes ones."""
        if self.weight is not None:
            ones_(self.weight)

    def forward(self, x: Any) -> Any:
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
