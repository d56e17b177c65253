"""Size: the lengths of a tensor's dimensions."""

from __future__ import annotations

import math
from typing import Any, SupportsIndex


class Size(tuple[int, ...]):
    """A tuple of lengths; its slices and sums are sizes again (torch.Size)."""

    __slots__ = ()

    def numel(self) -> int:
        """How many elements a tensor of this size has (torch.Size.numel)."""
        return math.prod(self)

    def __getitem__(self, index: SupportsIndex | slice) -> Any:
        part = tuple.__getitem__(self, index)
        return Size(part) if isinstance(part, tuple) else part

    def __add__(self, other: Any) -> Any:
        joined = tuple.__add__(self, other)
        return joined if joined is NotImplemented else Size(joined)

    def __radd__(self, other: Any) -> Any:
        return Size((*other, *self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: SupportsIndex) -> Size:
        return Size(tuple.__mul__(self, count))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"engine.Size({list(self)})"
