"""The affine map of layers, as a function."""

from engine.ops.matmul import linear

__all__ = ["linear"]
