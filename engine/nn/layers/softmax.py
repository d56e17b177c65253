"""Layers over softmax."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.softmax import log_softmax, softmax, softmin
from engine.nn.module import Module


class _AlongDim(Module):
    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongDim):
    """y = exp(x) / Σ exp(x) along `dim` (torch.nn.Softmax)."""

    def forward(self, input: Any) -> Any:
        return softmax(input, self.dim)


class LogSoftmax(_AlongDim):
    """y = x - log Σ exp(x) along `dim` (torch.nn.LogSoftmax)."""

    def forward(self, input: Any) -> Any:
        return log_softmax(input, self.dim)


class Softmin(_AlongDim):
    """y = exp(-x) / Σ exp(-x) along `dim` (torch.nn.Softmin)."""

    def forward(self, input: Any) -> Any:
        return softmin(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels of [N, C, H, W] or [C, H, W] (torch.nn.Softmax2d)."""

    def forward(self, input: Any) -> Any:
        if input.ndim not in (3, 4):
            raise ValueError(
                f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D of shape {list(input.shape)}"
            )
        return softmax(input, -3)
