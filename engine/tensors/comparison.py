"""Tensor's comparisons, logic and bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase, wrap
from engine.ops.elementwise import comparison as ops
from engine.tensors.forms import both_forms, method


class Comparison(TensorBase):
    """Tensor's comparisons, logic and bits; tensors are equal element by element, and hashed by identity."""

    __slots__ = ()

    __hash__ = object.__hash__

    def __eq__(self, other: Any) -> Any:
        try:
            return ops.eq(self, other)
        except TypeError:
            return ops.eq(self, wrap(self.result_class, other)) if isinstance(other, np.ndarray) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        try:
            return ops.ne(self, other)
        except TypeError:
            return ops.ne(self, wrap(self.result_class, other)) if isinstance(other, np.ndarray) else NotImplemented

    def __lt__(self, other: Any) -> Any:
        return ops.lt(self, other)

    def __le__(self, other: Any) -> Any:
        return ops.le(self, other)

    def __gt__(self, other: Any) -> Any:
        return ops.gt(self, other)

    def __ge__(self, other: Any) -> Any:
        return ops.ge(self, other)

    eq, eq_ = both_forms(ops.eq)
    ne, ne_ = both_forms(ops.ne)
    lt, lt_ = both_forms(ops.lt)
    le, le_ = both_forms(ops.le)
    gt, gt_ = both_forms(ops.gt)
    ge, ge_ = both_forms(ops.ge)
    not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
    not_equal_, less_, less_equal_, greater_, greater_equal_ = ne_, lt_, le_, gt_, ge_

    isnan, isinf, isfinite = method(ops.isnan), method(ops.isinf), method(ops.isfinite)
    logical_not, logical_not_ = both_forms(ops.logical_not)
    logical_and, logical_and_ = both_forms(ops.logical_and)
    logical_or, logical_or_ = both_forms(ops.logical_or)
    logical_xor, logical_xor_ = both_forms(ops.logical_xor)

    def __invert__(self) -> Any:
        if self.dtype.is_differentiable:
            raise TypeError(
                f"~ (operator.invert) is only implemented on integer and Boolean-type tensors, not {self.dtype}"
            )
        return ops.bitwise_not(self)

    def __and__(self, other: Any) -> Any:
        return ops.bitwise_and(self, other)

    def __rand__(self, other: Any) -> Any:
        return ops.bitwise_and(other, self)

    def __or__(self, other: Any) -> Any:
        return ops.bitwise_or(self, other)

    def __ror__(self, other: Any) -> Any:
        return ops.bitwise_or(other, self)

    def __xor__(self, other: Any) -> Any:
        return ops.bitwise_xor(self, other)

    def __rxor__(self, other: Any) -> Any:
        return ops.bitwise_xor(other, self)

    def __lshift__(self, other: Any) -> Any:
        return ops.bitwise_left_shift(self, other)

    def __rlshift__(self, other: Any) -> Any:
        return ops.bitwise_left_shift(other, self)

    def __rshift__(self, other: Any) -> Any:
        return ops.bitwise_right_shift(self, other)

    def __rrshift__(self, other: Any) -> Any:
        return ops.bitwise_right_shift(other, self)

    bitwise_not, bitwise_not_ = both_forms(ops.bitwise_not)
    bitwise_and, bitwise_and_ = both_forms(ops.bitwise_and)
    bitwise_or, bitwise_or_ = both_forms(ops.bitwise_or)
    bitwise_xor, bitwise_xor_ = both_forms(ops.bitwise_xor)
    bitwise_left_shift, bitwise_left_shift_ = both_forms(ops.bitwise_left_shift)
    bitwise_right_shift, bitwise_right_shift_ = both_forms(ops.bitwise_right_shift)
    __iand__, __ior__, __ixor__ = in_place(ops.bitwise_and), in_place(ops.bitwise_or), in_place(ops.bitwise_xor)
    __ilshift__, __irshift__ = in_place(ops.bitwise_left_shift), in_place(ops.bitwise_right_shift)

    def isclose(self, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
        """Whether |self - other| <= atol + rtol * |other| (torch.isclose)."""
        return ops.isclose(self, other, rtol, atol, equal_nan)

    def allclose(self, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
        """Whether all elements are close, as a Python bool (torch.allclose)."""
        return ops.allclose(self, other, rtol, atol, equal_nan)

    def equal(self, other: Any) -> bool:
        """Whether shapes and all elements are equal, as a Python bool (torch.equal)."""
        return ops.equal(self, other)
