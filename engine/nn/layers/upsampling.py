"""Upsample and its older forms."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.interpolation import interpolate
from engine.nn.layers.sizes import Sizes
from engine.nn.module import Module


class Upsample(Module):
    """[N, C, *lengths] with other lengths: `size`, or the lengths times `scale_factor` (torch.nn.Upsample)."""

    def __init__(
        self,
        size: Sizes | None = None,
        scale_factor: float | tuple[float, ...] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.scale_factor: Any = None
        if scale_factor is not None:
            many = isinstance(scale_factor, tuple | list)
            self.scale_factor = tuple(map(float, scale_factor)) if many else float(scale_factor)  # type: ignore[arg-type]
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Any) -> Any:
        return interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        lengths = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{lengths}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """[N, C, H, W] with each pixel repeated (torch.nn.UpsamplingNearest2d)."""

    def __init__(self, size: Sizes | None = None, scale_factor: float | tuple[float, ...] | None = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """[N, C, H, W] interpolated between pixels, corners kept (torch.nn.UpsamplingBilinear2d)."""

    def __init__(self, size: Sizes | None = None, scale_factor: float | tuple[float, ...] | None = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)
