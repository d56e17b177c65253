"""Tensor's functions of each element, each also in a form that writes its result into the tensor."""

from __future__ import annotations

from engine.autograd.tensor_base import TensorBase
from engine.ops.elementwise import activation, exponential, rounding, trigonometric
from engine.tensors.forms import both_forms, composed_forms, method


class Pointwise(TensorBase):
    """Tensor's functions of each element."""

    __slots__ = ()

    exp, exp_ = both_forms(exponential.exp)
    exp2, exp2_ = both_forms(exponential.exp2)
    expm1, expm1_ = both_forms(exponential.expm1)
    log, log_ = both_forms(exponential.log)
    log1p, log1p_ = both_forms(exponential.log1p)
    log2, log2_ = both_forms(exponential.log2)
    log10, log10_ = both_forms(exponential.log10)
    sqrt, sqrt_ = both_forms(exponential.sqrt)
    rsqrt, rsqrt_ = both_forms(exponential.rsqrt)
    sigmoid, sigmoid_ = both_forms(exponential.sigmoid)
    erf, erf_ = both_forms(exponential.erf)
    erfc, erfc_ = both_forms(exponential.erfc)
    erfinv, erfinv_ = both_forms(exponential.erfinv)
    logaddexp = method(exponential.logaddexp)

    sin, sin_ = both_forms(trigonometric.sin)
    cos, cos_ = both_forms(trigonometric.cos)
    tan, tan_ = both_forms(trigonometric.tan)
    asin, asin_ = both_forms(trigonometric.asin)
    acos, acos_ = both_forms(trigonometric.acos)
    atan, atan_ = both_forms(trigonometric.atan)
    atan2, atan2_ = both_forms(trigonometric.atan2)
    sinh, sinh_ = both_forms(trigonometric.sinh)
    cosh, cosh_ = both_forms(trigonometric.cosh)
    tanh, tanh_ = both_forms(trigonometric.tanh)
    asinh, asinh_ = both_forms(trigonometric.asinh)
    acosh, acosh_ = both_forms(trigonometric.acosh)
    atanh, atanh_ = both_forms(trigonometric.atanh)
    arcsin, arcsin_, arccos, arccos_, arctan, arctan_ = asin, asin_, acos, acos_, atan, atan_
    arcsinh, arcsinh_, arccosh, arccosh_, arctanh, arctanh_ = asinh, asinh_, acosh, acosh_, atanh, atanh_
    arctan2, arctan2_ = atan2, atan2_

    relu, relu_ = both_forms(activation.relu)
    prelu, _ = composed_forms(activation.prelu)
    hardshrink = method(activation.hardshrink)

    floor, floor_ = both_forms(rounding.floor)
    ceil, ceil_ = both_forms(rounding.ceil)
    trunc, trunc_ = both_forms(rounding.trunc)
    fix, fix_ = trunc, trunc_
    round, round_ = both_forms(rounding.round)
    frac, frac_ = both_forms(rounding.frac)
