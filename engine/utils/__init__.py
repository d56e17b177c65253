"""Helpers beside the engine, under PyTorch's path `utils`."""

from engine.utils import checkpoint, data, dlpack

__all__ = ["checkpoint", "data", "dlpack"]
