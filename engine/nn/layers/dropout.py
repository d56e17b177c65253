"""Dropout: elements or whole channels left out at random while training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from engine.nn.functional.dropout import (
    alpha_dropout,
    dropout,
    dropout1d,
    dropout2d,
    dropout3d,
    feature_alpha_dropout,
)
from engine.nn.module import Module


class _Dropout(Module):
    """`leave_out` with a probability p; raises ValueError for a p outside of [0, 1]."""

    leave_out: ClassVar[Callable[..., Any]]

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return type(self).leave_out(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """y = 0 with probability p, else x / (1 - p), for each element; in evaluation y = x (torch.nn.Dropout)."""

    leave_out = dropout


class Dropout1d(_Dropout):
    """Dropout of whole channels of [N, C, L] or [C, L] (torch.nn.Dropout1d)."""

    leave_out = dropout1d


class Dropout2d(_Dropout):
    """Dropout of whole channels of [N, C, H, W] (torch.nn.Dropout2d)."""

    leave_out = dropout2d


class Dropout3d(_Dropout):
    """Dropout of whole channels of [N, C, D, H, W] or [C, D, H, W] (torch.nn.Dropout3d)."""

    leave_out = dropout3d


class _Saturating(_Dropout):
    """Alpha dropout, which leaves its input alone whatever `inplace` says, as PyTorch's layers do."""

    def forward(self, input: Any) -> Any:
        return type(self).leave_out(input, self.p, self.training)


class AlphaDropout(_Saturating):
    """Dropout after SELU: elements saturate with probability p, mean and variance stay (torch.nn.AlphaDropout)."""

    leave_out = alpha_dropout


class FeatureAlphaDropout(_Saturating):
    """Alpha dropout of whole channels, dimension 1 (torch.nn.FeatureAlphaDropout)."""

    leave_out = feature_alpha_dropout
