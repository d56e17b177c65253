"""Floor 4: Tensor, made of small family classes whose methods are one line each."""

from engine.tensors.tensor import Tensor

__all__ = ["Tensor"]
