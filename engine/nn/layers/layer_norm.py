"""Layer normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.creation import ones, zeros
from engine.nn.functional.normalisation import layer_norm
from engine.nn.init import ones_, zeros_
from engine.nn.module import Module
from engine.nn.parameter import Parameter


class LayerNorm(Module):
    """y = (x - mean) / √(var + eps) · weight + bias over the last dimensions (torch.nn.LayerNorm)."""

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape = shape
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        self.register_parameter("weight", Parameter(ones(shape, **options)) if elementwise_affine else None)
        self.register_parameter("bias", Parameter(zeros(shape, **options)) if elementwise_affine and bias else None)

    def reset_parameters(self) -> None:
        """Weight becomes ones, bias zeros."""
        if self.weight is not None:
            ones_(self.weight)
        if self.bias is not None:
            zeros_(self.bias)

    def forward(self, input: Any) -> Any:
        return layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )
