"""The maps of linear layers, as functions."""

from engine.ops.matmul import linear
from engine.ops.products import bilinear

__all__ = ["bilinear", "linear"]
