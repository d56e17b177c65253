"""Tensor's shapes and strides."""

from __future__ import annotations

from engine.autograd.tensor_base import TensorBase


class Layout(TensorBase):
    """Tensor's shapes and strides."""

    __slots__ = ()
