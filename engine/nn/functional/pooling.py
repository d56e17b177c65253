"""Pooling as functions."""

from engine.ops.pooling import max_pool1d, max_pool2d, max_pool3d

__all__ = ["max_pool1d", "max_pool2d", "max_pool3d"]
