"""Tensor's sorting."""

from __future__ import annotations

from engine.autograd.tensor_base import TensorBase


class Sorting(TensorBase):
    """Tensor's sorting."""

    __slots__ = ()
