"""The family of ReLU: identity on the positive side, something smaller on the negative one."""

from __future__ import annotations

from typing import Any

from engine.creation import empty
from engine.nn.functional.activation import celu, elu, leaky_relu, prelu, relu, relu6, selu, threshold
from engine.nn.functional.random_activation import rrelu
from engine.nn.init import constant_
from engine.nn.layers.elementwise import InPlaceLayer
from engine.nn.module import Module
from engine.nn.parameter import Parameter


class ReLU(InPlaceLayer):
    """y = max(0, x) (torch.nn.ReLU)."""

    def forward(self, input: Any) -> Any:
        return relu(input, self.inplace)


class ReLU6(InPlaceLayer):
    """y = min(max(0, x), 6) (torch.nn.ReLU6)."""

    def forward(self, input: Any) -> Any:
        return relu6(input, self.inplace)


class LeakyReLU(InPlaceLayer):
    """y = x where x > 0, else negative_slope x (torch.nn.LeakyReLU)."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Any) -> Any:
        return leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"negative_slope={self.negative_slope}")


class RReLU(InPlaceLayer):
    """y = x where x > 0, else x times a slope, random between two bounds in training, their mean otherwise.

    The bounds are `lower` and `upper` (torch.nn.RReLU).
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper

    def forward(self, input: Any) -> Any:
        return rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"lower={self.lower}, upper={self.upper}")


class PReLU(Module):
    """y = x where x > 0, else weight x; one weight is learned for all, or one for each channel (torch.nn.PReLU)."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the weight to its start."""
        constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class ELU(InPlaceLayer):
    """y = x where x > 0, else alpha (exp(x) - 1) (torch.nn.ELU)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        return elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"alpha={self.alpha}")


class CELU(InPlaceLayer):
    """y = max(0, x) + min(0, alpha (exp(x / alpha) - 1)) (torch.nn.CELU)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Any) -> Any:
        return celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"alpha={self.alpha}")


class SELU(InPlaceLayer):
    """y = scale (max(0, x) + min(0, alpha (exp(x) - 1))), scale ≈ 1.0507, alpha ≈ 1.6733 (torch.nn.SELU)."""

    def forward(self, input: Any) -> Any:
        return selu(input, self.inplace)


class Threshold(InPlaceLayer):
    """y = x where x > threshold, else value (torch.nn.Threshold)."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Any) -> Any:
        return threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return self._with_inplace(f"threshold={self.threshold}, value={self.value}")
