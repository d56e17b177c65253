"""Tensor's complex numbers: their parts and conjugates."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops.elementwise import complex_numbers as ops
from engine.tensors.forms import composed_forms


class ComplexNumbers(TensorBase):
    """Tensor's complex numbers; conjugates are computed at once, so none is pending in a view."""

    __slots__ = ()

    @property
    def real(self) -> Any:
        """The real part, a view; the tensor itself where numbers are real (torch.Tensor.real)."""
        return ops.real(self)

    @property
    def imag(self) -> Any:
        """The imaginary part, a view; raises RuntimeError for real numbers (torch.Tensor.imag)."""
        return ops.imag(self)

    def conj(self) -> Any:
        """The complex conjugate; the tensor itself where numbers are real (torch.Tensor.conj)."""
        return ops.conj(self)

    conj_physical, conj_physical_ = composed_forms(ops.conj)

    def resolve_conj(self) -> Any:
        """The tensor itself: no conjugate is pending (torch.Tensor.resolve_conj)."""
        return self

    def resolve_neg(self) -> Any:
        """The tensor itself: no negation is pending (torch.Tensor.resolve_neg)."""
        return self

    def is_conj(self) -> bool:
        """False: conjugates are computed at once (torch.Tensor.is_conj)."""
        return False

    def is_neg(self) -> bool:
        """False: negations are computed at once (torch.Tensor.is_neg)."""
        return False
