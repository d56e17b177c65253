"""Identity: the layer that does nothing."""

from __future__ import annotations

from typing import Any

from engine.nn.module import Module


class Identity(Module):
    """y = x; takes any arguments, so that it can stand in for any layer (torch.nn.Identity)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input
