"""Tensor's indexing, read and written."""

from __future__ import annotations

from engine.autograd.tensor_base import TensorBase


class Indexing(TensorBase):
    """Tensor's indexing, read and written."""

    __slots__ = ()
