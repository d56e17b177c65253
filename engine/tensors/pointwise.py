"""Tensor's functions of each element."""

from __future__ import annotations

from engine.autograd.tensor_base import TensorBase


class Pointwise(TensorBase):
    """Tensor's functions of each element."""

    __slots__ = ()
