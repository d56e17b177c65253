"""Activations that shrink values around zero."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.activation import hardshrink, softshrink, tanhshrink
from engine.nn.module import Module


class _Shrinkage(Module):
    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(_Shrinkage):
    """y = x where |x| > lambd, else 0 (torch.nn.Hardshrink)."""

    def forward(self, input: Any) -> Any:
        return hardshrink(input, self.lambd)


class Softshrink(_Shrinkage):
    """y = sign(x) max(|x| - lambd, 0) (torch.nn.Softshrink)."""

    def forward(self, input: Any) -> Any:
        return softshrink(input, self.lambd)


class Tanhshrink(Module):
    """y = x - tanh(x) (torch.nn.Tanhshrink)."""

    def forward(self, input: Any) -> Any:
        return tanhshrink(input)
