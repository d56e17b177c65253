"""Exponentials, logarithms, roots and the error function, of each element."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.op import op
from engine.autograd.promotion import to_floating
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast
from engine.backend.namespace import xp
from engine.backend.special import special
from engine.kernels.cpu import activation_gradients as fast_gradients
from engine.kernels.cpu import activations as fast
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_whole


def floating(input: Spec) -> Spec:
    """The shape rule of functions of real numbers."""
    return Spec(input.shape, to_floating(input.dtype))


@op(shape=floating, types="floating", complex="holomorphic")
def exp(input: Array) -> Any:
    """The number e to the power of the input (torch.exp)."""
    return xp(input).exp(input)


exp.gradient(input=lambda g, y: g * y)


@op(shape=floating, types="floating")
def exp2(input: Array) -> Any:
    """2 to the power of the input (torch.exp2)."""
    return xp(input).exp2(input)


exp2.gradient(input=lambda g, y: g * (y * math.log(2)))


@op(shape=floating, types="floating")
def expm1(input: Array) -> Any:
    """exp(input) - 1, exact near zero (torch.expm1)."""
    return xp(input).expm1(input)


expm1.gradient(input=lambda g, y: g * (y + 1))


@op(shape=floating, types="floating", complex="holomorphic")
def log(input: Array) -> Any:
    """The natural logarithm (torch.log)."""
    return xp(input).log(input)


log.gradient(input=lambda g, input: g / input)


@op(shape=floating, types="floating")
def log1p(input: Array) -> Any:
    """log(1 + input), exact near zero (torch.log1p)."""
    return xp(input).log1p(input)


log1p.gradient(input=lambda g, input: g / (input + 1))


@op(shape=floating, types="floating")
def log2(input: Array) -> Any:
    """The logarithm to base 2 (torch.log2)."""
    return xp(input).log2(input)


log2.gradient(input=lambda g, input: g / (input * math.log(2)))


@op(shape=floating, types="floating")
def log10(input: Array) -> Any:
    """The logarithm to base 10 (torch.log10)."""
    return xp(input).log10(input)


log10.gradient(input=lambda g, input: g / (input * math.log(10)))


@op(shape=floating, types="floating", complex="holomorphic")
def sqrt(input: Array) -> Any:
    """The square root (torch.sqrt)."""
    return xp(input).sqrt(input)


sqrt.gradient(input=lambda g, y: g / (y * 2))


@op(shape=floating, types="floating")
def rsqrt(input: Array) -> Any:
    """1 / sqrt(input) (torch.rsqrt)."""
    return narrowed(1 / xp(input).sqrt(widened(input)), input)


rsqrt.gradient(input=lambda g, y: g * (y * y * y) * -0.5)


@op(shape=floating, types="floating")
def sigmoid(input: Array) -> Any:
    """1 / (1 + exp(-input)), which is zero where exp(-input) overflows to infinity (torch.sigmoid)."""
    return narrowed(1 / (1 + xp(input).exp(-widened(input))), input)


@op(shape=broadcast)
def sigmoid_backward(input: Array, other: Array) -> Any:
    """The gradient of sigmoid: `input`, what came from above, times y (1 - y) for the output y, `other`."""
    return input * (other * (1 - other))


sigmoid_backward.gradient(
    input=lambda g, other: sigmoid_backward(g, other),
    other=lambda g, input, other: g * input * (1 - other * 2),
)
sigmoid.gradient(input=lambda g, y: sigmoid_backward(g, y))


@op(shape=broadcast)
def logaddexp(input: Array, other: Array) -> Any:
    """log(exp(input) + exp(other)) without overflow (torch.logaddexp)."""
    return xp(input).logaddexp(input, other)


logaddexp.gradient(
    input=lambda g, input, other: g * sigmoid(input - other), other=lambda g, input, other: g * sigmoid(other - input)
)


@op(shape=broadcast)
def logaddexp2(input: Array, other: Array) -> Any:
    """log2(2^input + 2^other) without overflow (torch.logaddexp2)."""
    return xp(input).logaddexp2(input, other)


logaddexp2.gradient(
    input=lambda g, input, other: g / (exp2(other - input) + 1),
    other=lambda g, input, other: g / (exp2(input - other) + 1),
)
logaddexp.refuse(refuse_whole)
logaddexp2.refuse(refuse_whole)


@op(shape=floating, types="floating")
def erf(input: Array) -> Any:
    """2 / sqrt(pi) times the integral of exp(-t²) from 0 to the input (torch.erf)."""
    return narrowed(special(input).erf(input), input)


@op(shape=floating, types="floating")
def erfc(input: Array) -> Any:
    """1 - erf(input), exact where erf is near 1 (torch.erfc)."""
    return narrowed(special(input).erfc(input), input)


@op(shape=floating, types="floating")
def erfinv(input: Array) -> Any:
    """The number whose erf is the input, which lies in [-1, 1], else NaN (torch.erfinv)."""
    return narrowed(special(input).erfinv(input), input)


erf.gradient(input=lambda g, input: g * (exp(-input.square()) * (2 / math.sqrt(math.pi))))
erfc.gradient(input=lambda g, input: g * (exp(-input.square()) * (-2 / math.sqrt(math.pi))))
erfinv.gradient(input=lambda g, y: g * (exp(y.square()) * (math.sqrt(math.pi) / 2)))

exp.fast(cpu=fast.exp)
expm1.fast(cpu=fast.expm1)
log.fast(cpu=fast.log)
log1p.fast(cpu=fast.log1p)
sigmoid.fast(cpu=fast.sigmoid)
sigmoid_backward.fast(cpu=fast_gradients.sigmoid_backward)
erf.fast(cpu=fast.erf)
