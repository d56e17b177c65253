"""Activations that flatten out at both ends, or at one."""

from __future__ import annotations

import warnings
from typing import Any

from engine.nn.functional.activation import hardsigmoid, hardtanh, logsigmoid, softplus, softsign
from engine.nn.layers.elementwise import InPlaceLayer
from engine.nn.module import Module


def _renamed(value: float, old: str, new: str) -> float:
    warnings.warn(f"keyword argument `{old}` is deprecated and renamed to `{new}`", FutureWarning, stacklevel=3)
    return value


class Sigmoid(Module):
    """y = 1 / (1 + exp(-x)) (torch.nn.Sigmoid)."""

    def forward(self, input: Any) -> Any:
        return input.sigmoid()


class LogSigmoid(Module):
    """y = log(1 / (1 + exp(-x))) (torch.nn.LogSigmoid)."""

    def forward(self, input: Any) -> Any:
        return logsigmoid(input)


class Tanh(Module):
    """y = tanh(x) (torch.nn.Tanh)."""

    def forward(self, input: Any) -> Any:
        return input.tanh()


class Hardtanh(InPlaceLayer):
    """y = min(max(min_val, x), max_val) (torch.nn.Hardtanh).

    `min_value` and `max_value` are old names, which warn. AssertionError unless max_val is greater than min_val.
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__(inplace)
        self.min_val = min_val if min_value is None else _renamed(min_value, "min_value", "min_val")
        self.max_val = max_val if max_value is None else _renamed(max_value, "max_value", "max_val")
        if self.max_val <= self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input: Any) -> Any:
        return hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"min_val={self.min_val}, max_val={self.max_val}")


class Hardsigmoid(InPlaceLayer):
    """y = min(max(0, x + 3), 6) / 6 (torch.nn.Hardsigmoid)."""

    def forward(self, input: Any) -> Any:
        return hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        return ""


class Softsign(Module):
    """y = x / (1 + |x|) (torch.nn.Softsign)."""

    def forward(self, input: Any) -> Any:
        return softsign(input)


class Softplus(Module):
    """y = log(1 + exp(beta x)) / beta, and x where beta x > threshold (torch.nn.Softplus)."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        return softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"
