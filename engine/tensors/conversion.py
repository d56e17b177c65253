"""Tensor to and from NumPy, Python numbers, other types and devices."""

from __future__ import annotations

from engine.autograd.tensor_base import TensorBase


class Conversion(TensorBase):
    """Tensor to and from NumPy, Python numbers, other types and devices."""

    __slots__ = ()
