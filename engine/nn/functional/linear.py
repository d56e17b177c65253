"""The maps of linear layers, as functions."""

from engine.ops.linear_algebra.matmul import linear
from engine.ops.linear_algebra.products import bilinear

__all__ = ["bilinear", "linear"]
