"""Fractional max pooling layers: windows at random distances."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.fractional_pooling import fractional_max_pool2d, fractional_max_pool3d
from engine.nn.layers.sizes import Sizes, each
from engine.nn.module import Module


class FractionalPooling(Module):
    """The largest element of windows that lie at random distances, drawn anew for each plane and call.

    There are output_size of them, or output_ratio (between 0 and 1) times the lengths; raises ValueError unless just
    one is given. `_random_samples` [N, C, rank] fixes where they lie (Graham, "Fractional Max-Pooling", 2014).
    """

    rank = 0

    def __init__(
        self,
        kernel_size: Sizes,
        output_size: Sizes | None = None,
        output_ratio: float | tuple[float, ...] | None = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, self.rank)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else each(output_size, self.rank)
        self.output_ratio = None if output_ratio is None else each(output_ratio, self.rank)
        if (output_size is None) == (output_ratio is None):
            raise ValueError(
                f"{type(self).__name__} requires specifying either an output size, or a pooling ratio: got output_size="
                f"{output_size} and output_ratio={output_ratio}"
            )
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def _settings(self) -> tuple[Any, ...]:
        return self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples


class FractionalMaxPool2d(FractionalPooling):
    """Fractional max pooling of [N, C, H, W] (torch.nn.FractionalMaxPool2d)."""

    rank = 2

    def forward(self, input: Any) -> Any:
        return fractional_max_pool2d(input, *self._settings())


class FractionalMaxPool3d(FractionalPooling):
    """Fractional max pooling of [N, C, D, H, W] (torch.nn.FractionalMaxPool3d)."""

    rank = 3

    def forward(self, input: Any) -> Any:
        return fractional_max_pool3d(input, *self._settings())
