"""Helpers beside the engine, under PyTorch's path `utils`."""

from engine.utils import data

__all__ = ["data"]
