"""Tensor: all families of methods over TensorBase."""

from __future__ import annotations

from engine.tensors.arithmetic import Arithmetic
from engine.tensors.comparison import Comparison
from engine.tensors.conversion import Conversion
from engine.tensors.gradient import Gradient
from engine.tensors.indexing import Indexing
from engine.tensors.layout import Layout
from engine.tensors.linear_algebra import LinearAlgebra
from engine.tensors.pointwise import Pointwise
from engine.tensors.reduction import Reduction
from engine.tensors.sorting import Sorting


class Tensor(
    Arithmetic, Comparison, Conversion, Gradient, Indexing, Layout, LinearAlgebra, Pointwise, Reduction, Sorting
):
    """An n-dimensional array that remembers how it was computed (torch.Tensor); made by `engine.tensor` and the creation functions."""

    __slots__ = ()


Tensor.result_class = Tensor
