"""Tensor's comparisons."""

from __future__ import annotations

from engine.autograd.tensor_base import TensorBase


class Comparison(TensorBase):
    """Tensor's comparisons."""

    __slots__ = ()
