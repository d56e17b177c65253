"""Tensor's reductions."""

from __future__ import annotations

from engine.autograd.tensor_base import TensorBase


class Reduction(TensorBase):
    """Tensor's reductions."""

    __slots__ = ()
