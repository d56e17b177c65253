"""LinearCrossEntropyLoss: the last layer of a classifier together with its loss."""

from __future__ import annotations

import math
from typing import Any

from engine.nn.functional.linear_cross_entropy import LinearCrossEntropyOptions, linear_cross_entropy
from engine.nn.layers.linear import Linear
from engine.nn.losses.loss import WeightedLoss
from engine.ops.losses.cross_entropy import check_smoothing


class LinearCrossEntropyLoss(WeightedLoss):
    """Cross entropy of the scores `x Aᵀ + b` for x of [N, in_features] (torch.nn.LinearCrossEntropyLoss).

    With `out_features` there are scores of [N, num_classes, *out_features] and targets of [N, *out_features]; with
    `options` the scores are made in chunks.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Any = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: LinearCrossEntropyOptions | None = None,
    ) -> None:
        if weight is not None and weight.shape != (num_classes,):
            raise RuntimeError(f"expected weight shape to be {(num_classes,)}, got {weight.shape}")
        check_smoothing(label_smoothing)
        super().__init__(weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = tuple(out_features)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.options = options
        self.linear = Linear(
            in_features, math.prod(self.out_features, start=num_classes), bias=bias, device=device, dtype=dtype
        )

    def forward(self, input: Any, target: Any) -> Any:
        rows = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return linear_cross_entropy(
            input,
            self.linear.weight.reshape(*rows, self.linear.in_features),
            target,
            linear_bias=None if bias is None else bias.reshape(rows),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, reduction={self.reduction}, "
            f"ignore_index={self.ignore_index}, label_smoothing={self.label_smoothing}, options={self.options}"
        )
