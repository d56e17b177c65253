"""LazyLinear: a fully connected layer of as many inputs as its first one has."""

from __future__ import annotations

from typing import Any

from engine.nn.layers.linear import Linear
from engine.nn.module.lazy import LazyModuleMixin
from engine.nn.parameter import UninitializedParameter


class LazyLinear(LazyModuleMixin, Linear):
    """A Linear whose in_features is the last dimension of the first input (torch.nn.LazyLinear)."""

    cls_to_become = Linear
    weight: Any
    bias: Any

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False, device, dtype)
        self.out_features = out_features
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def initialize_parameters(self, input: Any) -> None:
        """Take in_features from the input, unless a state dict gave the weight its shape."""
        fresh = self.has_uninitialized_params()
        self.in_features = input.shape[-1]
        if fresh:
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()
        elif self.weight.shape[-1] != self.in_features:
            raise AssertionError(
                f"The in_features inferred from input: {self.in_features} is not equal to in_features from "
                f"self.weight: {self.weight.shape[-1]}"
            )
