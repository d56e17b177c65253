"""Padding layers: elements added around the last dimensions, or taken off."""

from __future__ import annotations

from typing import Any

from engine.nn.layers.sizes import Sizes, each
from engine.nn.module import Module
from engine.ops.layouts.padding import pad


class Padding(Module):
    """padding[0] elements before and padding[1] after the last dimension, the next two around the one before, etc.

    One number stands for all; negative ones take elements off.
    """

    rank = 0
    mode = "constant"

    def __init__(self, padding: Sizes) -> None:
        super().__init__()
        self.padding = each(padding, 2 * self.rank)

    def forward(self, input: Any) -> Any:
        return pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPadding(Padding):
    """One value around the input."""

    def __init__(self, padding: Sizes, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ZeroPadding(ConstantPadding):
    """Zeros around the input."""

    def __init__(self, padding: Sizes) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ReflectionPadding(Padding):
    """The input mirrored at its edges, which are not repeated."""

    mode = "reflect"


class ReplicationPadding(Padding):
    """The edges repeated."""

    mode = "replicate"


class CircularPadding(Padding):
    """The input from its other end; raises ValueError for an input of another rank."""

    mode = "circular"

    def forward(self, input: Any) -> Any:
        if input.ndim not in (self.rank + 1, self.rank + 2):
            raise ValueError(
                f"expected {self.rank + 1}D or {self.rank + 2}D input (got {input.ndim}D input of {list(input.shape)})"
            )
        return super().forward(input)


class ConstantPad1d(ConstantPadding):
    """One value around the last dimension (torch.nn.ConstantPad1d)."""

    rank = 1


class ConstantPad2d(ConstantPadding):
    """One value around the last two dimensions (torch.nn.ConstantPad2d)."""

    rank = 2


class ConstantPad3d(ConstantPadding):
    """One value around the last three dimensions (torch.nn.ConstantPad3d)."""

    rank = 3


class ZeroPad1d(ZeroPadding):
    """Zeros around the last dimension (torch.nn.ZeroPad1d)."""

    rank = 1


class ZeroPad2d(ZeroPadding):
    """Zeros around the last two dimensions (torch.nn.ZeroPad2d)."""

    rank = 2


class ZeroPad3d(ZeroPadding):
    """Zeros around the last three dimensions (torch.nn.ZeroPad3d)."""

    rank = 3


class ReflectionPad1d(ReflectionPadding):
    """The mirrored input around the last dimension (torch.nn.ReflectionPad1d)."""

    rank = 1


class ReflectionPad2d(ReflectionPadding):
    """The mirrored input around the last two dimensions (torch.nn.ReflectionPad2d)."""

    rank = 2


class ReflectionPad3d(ReflectionPadding):
    """The mirrored input around the last three dimensions (torch.nn.ReflectionPad3d)."""

    rank = 3


class ReplicationPad1d(ReplicationPadding):
    """The edges around the last dimension (torch.nn.ReplicationPad1d)."""

    rank = 1


class ReplicationPad2d(ReplicationPadding):
    """The edges around the last two dimensions (torch.nn.ReplicationPad2d)."""

    rank = 2


class ReplicationPad3d(ReplicationPadding):
    """The edges around the last three dimensions (torch.nn.ReplicationPad3d)."""

    rank = 3


class CircularPad1d(CircularPadding):
    """The other end around the last dimension (torch.nn.CircularPad1d)."""

    rank = 1


class CircularPad2d(CircularPadding):
    """The other end around the last two dimensions (torch.nn.CircularPad2d)."""

    rank = 2


class CircularPad3d(CircularPadding):
    """The other end around the last three dimensions (torch.nn.CircularPad3d)."""

    rank = 3
