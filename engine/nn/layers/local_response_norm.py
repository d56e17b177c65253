"""Local response normalisation."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.normalisation import local_response_norm
from engine.nn.module import Module


class LocalResponseNorm(Module):
    """y = x / (k + alpha mean(x²))^beta over `size` neighbouring channels (torch.nn.LocalResponseNorm)."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Any) -> Any:
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
