"""Linear: the fully connected layer."""

from __future__ import annotations

import math
from typing import Any

from engine.creation import empty
from engine.nn.functional.linear import linear
from engine.nn.init import kaiming_uniform_, uniform_
from engine.nn.module import Module
from engine.nn.parameter import Parameter


class Linear(Module):
    """y = x Aᵀ + b: [..., in_features] gives [..., out_features] (torch.nn.Linear).

    The weight A is [out_features, in_features]; weight and bias start uniform in ±1/√in_features.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features > 0 else 0
            uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        return linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
