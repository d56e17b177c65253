"""Tensor's matrix products."""

from __future__ import annotations

from engine.autograd.tensor_base import TensorBase


class LinearAlgebra(TensorBase):
    """Tensor's matrix products."""

    __slots__ = ()
