"""Tensor's arithmetic methods and operators."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase
from engine.ops.elementwise import arithmetic as ops
from engine.ops.elementwise import power, selection
from engine.tensors.forms import both_forms, method, operator

_add_, _sub_, _mul_, _div_ = in_place(ops.add), in_place(ops.sub), in_place(ops.mul), in_place(ops.div)
_rounded_ = in_place(ops.rounded_division)


class Arithmetic(TensorBase):
    """Tensor's arithmetic methods and operators."""

    __slots__ = ()

    __add__, __iadd__ = operator(ops.add), operator(_add_)

    def __radd__(self, other: Any) -> Any:
        return ops.add(other, self)

    def add(self, other: Any, *, alpha: Any = 1) -> Any:
        """`self + alpha * other` (torch.add)."""
        return ops.add(self, ops.scaled(self, other, alpha))

    def add_(self, other: Any, *, alpha: Any = 1) -> Any:
        """Add alpha * other in place (torch.Tensor.add_)."""
        return _add_(self, ops.scaled(self, other, alpha))

    __sub__, __isub__ = operator(ops.sub), operator(_sub_)

    def __rsub__(self, other: Any) -> Any:
        return ops.sub(other, self)

    def sub(self, other: Any, *, alpha: Any = 1) -> Any:
        """`self - alpha * other` (torch.sub)."""
        return ops.sub(self, ops.scaled(self, other, alpha))

    def sub_(self, other: Any, *, alpha: Any = 1) -> Any:
        """Subtract alpha * other in place (torch.Tensor.sub_)."""
        return _sub_(self, ops.scaled(self, other, alpha))

    subtract, subtract_ = sub, sub_

    __mul__, __imul__ = operator(ops.mul), operator(_mul_)

    def __rmul__(self, other: Any) -> Any:
        return ops.mul(other, self)

    mul, mul_ = both_forms(ops.mul)
    multiply, multiply_ = mul, mul_

    __truediv__, __itruediv__ = operator(ops.div), operator(_div_)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.div(other, self)

    __rdiv__ = __rtruediv__

    def div(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """`self / other`, rounded by `floor`, `trunc` or not at all (torch.div)."""
        return ops.divide(self, other, rounding_mode=rounding_mode)

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Any:
        """Divide in place (torch.Tensor.div_)."""
        if rounding_mode is None:
            return _div_(self, other)
        ops.check_rounding_mode(rounding_mode)
        return _rounded_(self, other, rounding_mode)

    divide, divide_ = div, div_
    true_divide, true_divide_ = method(ops.div), _div_

    __floordiv__ = operator(ops.floor_divide)

    def __rfloordiv__(self, other: Any) -> Any:
        return ops.floor_divide(other, self)

    floor_divide, floor_divide_ = both_forms(ops.floor_divide)
    __ifloordiv__ = operator(floor_divide_)

    __mod__ = operator(ops.remainder)

    def __rmod__(self, other: Any) -> Any:
        return ops.remainder(other, self)

    remainder, remainder_ = both_forms(ops.remainder)
    __imod__ = operator(remainder_)
    fmod, fmod_ = both_forms(ops.fmod)

    __pow__ = operator(power.pow)

    def __rpow__(self, base: Any) -> Any:
        return power.pow(base, self)

    pow, pow_ = both_forms(power.pow)
    __ipow__ = operator(pow_)

    def __neg__(self) -> Any:
        return ops.neg(self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return ops.abs(self)

    neg, neg_ = both_forms(ops.neg)
    negative, negative_ = neg, neg_
    abs, abs_ = both_forms(ops.abs)
    absolute, absolute_ = abs, abs_
    sign, sign_ = both_forms(ops.sign)
    square, square_ = both_forms(ops.square)
    reciprocal, reciprocal_ = both_forms(ops.reciprocal)
    lerp, lerp_ = both_forms(ops.lerp)

    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """`self + value * tensor1 * tensor2` (torch.addcmul)."""
        return ops.addcmul(self, tensor1, tensor2, value=value)

    def addcmul_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """Add value * tensor1 * tensor2 in place (torch.Tensor.addcmul_)."""
        return self.add_(ops.mul(tensor1, tensor2), alpha=value)

    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """`self + value * tensor1 / tensor2` (torch.addcdiv)."""
        return ops.addcdiv(self, tensor1, tensor2, value=value)

    def addcdiv_(self, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
        """Add value * tensor1 / tensor2 in place (torch.Tensor.addcdiv_)."""
        return self.add_(ops.div(tensor1, tensor2), alpha=value)

    maximum, minimum = method(selection.maximum), method(selection.minimum)
    clamp, clamp_ = both_forms(selection.clamp)
    clip, clip_ = clamp, clamp_

    def clamp_min(self, min: Any) -> Any:
        """max(self, min) (torch.clamp_min)."""
        return selection.clamp(self, min)

    def clamp_max(self, max: Any) -> Any:
        """min(self, max) (torch.clamp_max)."""
        return selection.clamp(self, None, max)

    def clamp_min_(self, min: Any) -> Any:
        """Raise what is below `min` in place (torch.Tensor.clamp_min_)."""
        return self.clamp_(min)

    def clamp_max_(self, max: Any) -> Any:
        """Lower what is above `max` in place (torch.Tensor.clamp_max_)."""
        return self.clamp_(None, max)

    def where(self, condition: Any, other: Any) -> Any:
        """The tensor where the condition holds, other elsewhere (torch.where)."""
        return selection.where(condition, self, other)

    fill_ = in_place(selection.fill)

    def zero_(self) -> Any:
        """Make all elements zero (torch.Tensor.zero_)."""
        return self.fill_(0)
