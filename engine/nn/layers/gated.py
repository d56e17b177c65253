"""Activations that multiply x by a gate between 0 and 1."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.activation import gelu, glu, hardswish, mish, silu
from engine.nn.layers.elementwise import InPlaceLayer
from engine.nn.module import Module


class GELU(Module):
    """y = x Φ(x), Φ the normal distribution; `approximate="tanh"` takes a formula for it (torch.nn.GELU)."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        return gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class SiLU(InPlaceLayer):
    """y = x σ(x), also called swish (torch.nn.SiLU)."""

    def forward(self, input: Any) -> Any:
        return silu(input, self.inplace)


class Mish(InPlaceLayer):
    """y = x tanh(softplus(x)) (torch.nn.Mish)."""

    def forward(self, input: Any) -> Any:
        return mish(input, self.inplace)


class Hardswish(InPlaceLayer):
    """y = x min(max(0, x + 3), 6) / 6 (torch.nn.Hardswish)."""

    def forward(self, input: Any) -> Any:
        return hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        return ""


class GLU(Module):
    """y = a σ(b), where a and b are the halves of x along `dim` (torch.nn.GLU)."""

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"
