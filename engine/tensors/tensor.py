"""Tensor: all families of methods over TensorBase."""

from __future__ import annotations

from typing import Any

from engine.autograd.numpy_names import understand_numpy_names
from engine.autograd.tensor_base import TensorBase
from engine.backend.dtype import get_default_dtype
from engine.tensors.arithmetic import Arithmetic
from engine.tensors.chance import Chance
from engine.tensors.comparison import Comparison
from engine.tensors.complex_numbers import ComplexNumbers
from engine.tensors.conversion import Conversion
from engine.tensors.copies import Copies
from engine.tensors.each_element import EachElement
from engine.tensors.exchange import Exchange
from engine.tensors.gradient import Gradient
from engine.tensors.host import Host
from engine.tensors.indexing import Indexing
from engine.tensors.layout import Layout
from engine.tensors.linear_algebra import LinearAlgebra
from engine.tensors.making import Making
from engine.tensors.memory import Memory
from engine.tensors.named_types import made
from engine.tensors.number_parts import NumberParts
from engine.tensors.pointwise import Pointwise
from engine.tensors.properties import Properties
from engine.tensors.reduction import Reduction
from engine.tensors.reshaping_in_place import ReshapingInPlace
from engine.tensors.scattering import Scattering
from engine.tensors.sorting import Sorting
from engine.tensors.special import Special
from engine.tensors.spectra import Spectra
from engine.tensors.splitting import Splitting
from engine.tensors.statistics import Statistics


class Tensor(
    Arithmetic,
    Chance,
    Comparison,
    ComplexNumbers,
    Conversion,
    Copies,
    EachElement,
    Exchange,
    Gradient,
    Host,
    Indexing,
    Layout,
    LinearAlgebra,
    Making,
    Memory,
    NumberParts,
    Pointwise,
    Properties,
    Reduction,
    ReshapingInPlace,
    Scattering,
    Sorting,
    Special,
    Spectra,
    Splitting,
    Statistics,
):
    """An n-dimensional array that remembers how it was computed (torch.Tensor)."""

    __slots__ = ()

    def __new__(cls, *given: Any, device: Any = None) -> Any:
        """A tensor of data, or of a size with whatever the memory held, in the default type (torch.Tensor)."""
        return made(cls, given, get_default_dtype(), device)

    # Comparison by element takes hashing away; tensors are hashed by who they are.
    __hash__ = TensorBase.__hash__


for _family in Tensor.__bases__:
    for _name, _method in understand_numpy_names(dict(vars(_family))).items():
        setattr(Tensor, _name, _method)

# Also what ops make of no tensor at all.
TensorBase.result_class = Tensor
