"""Dropout: random zeros while training."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.dropout import dropout
from engine.nn.module import Module


class Dropout(Module):
    """y = 0 with probability p, else x / (1 - p), for each element; in evaluation y = x (torch.nn.Dropout)."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return dropout(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"
