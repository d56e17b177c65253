"""Bilinear: a layer of two inputs."""

from __future__ import annotations

import math
from typing import Any

from engine.creation import empty
from engine.nn.functional.linear import bilinear
from engine.nn.init import uniform_
from engine.nn.module import Module
from engine.nn.parameter import Parameter


class Bilinear(Module):
    """y_o = x₁ᵀ A_o x₂ + b_o: [..., in1_features] and [..., in2_features] give [..., out_features].

    The weight A is [out_features, in1_features, in2_features]; weight and bias start uniform in ±1/√in1_features.
    Raises ValueError without features of the first input (torch.nn.Bilinear).
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if in1_features <= 0:
            raise ValueError(f"in1_features must be > 0, but got (in1_features={in1_features})")
        super().__init__()
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        self.weight = Parameter(empty(out_features, in1_features, in2_features, **options))
        self.register_parameter("bias", Parameter(empty(out_features, **options)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1 / math.sqrt(self.in1_features)
        uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            uniform_(self.bias, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
