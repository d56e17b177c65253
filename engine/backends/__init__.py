"""Switches of PyTorch's backends that programs set, and questions they ask; each flag says what it does here."""

from engine.backends import cuda, cudnn, mps

__all__ = ["cuda", "cudnn", "mps"]
