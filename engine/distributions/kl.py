"""Kullback and Leibler's divergence of one distribution from another, by pairs of families (torch.distributions.kl)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from engine.distributions.bernoulli import Bernoulli
from engine.distributions.categorical import Categorical
from engine.distributions.distribution import Distribution
from engine.distributions.normal import Normal
from engine.distributions.uniform import Uniform
from engine.ops.elementwise.activation import softplus
from engine.tensors import Tensor

Divergence = Callable[[Any, Any], Tensor]

_divergences: dict[tuple[type, type], Divergence] = {}


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """∫ p log(p / q), of the batch's shape; NotImplementedError for families without a registered formula."""
    matches = [pair for pair in _divergences if isinstance(p, pair[0]) and isinstance(q, pair[1])]
    if not matches:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type {type(q).__name__}; add one with "
            "register_kl"
        )
    by_p = min(matches, key=lambda pair: (_distance(p, pair[0]), _distance(q, pair[1])))
    by_q = min(matches, key=lambda pair: (_distance(q, pair[1]), _distance(p, pair[0])))
    if _divergences[by_p] is not _divergences[by_q]:
        warnings.warn(
            f"Ambiguous kl_divergence({type(p).__name__}, {type(q).__name__}). "
            f"Please register_kl({by_p[0].__name__}, {by_q[1].__name__})",
            RuntimeWarning,
            stacklevel=2,
        )
    return _divergences[by_p](p, q)


def register_kl(type_p: type[Distribution], type_q: type[Distribution]) -> Callable[[Divergence], Divergence]:
    """Decorate the formula of two families; the most special one is taken (torch.distributions.kl.register_kl)."""
    for name, given in (("type_p", type_p), ("type_q", type_q)):
        if not (isinstance(given, type) and issubclass(given, Distribution)):
            raise TypeError(f"Expected {name} to be a Distribution subclass but got {given}")

    def register(divergence: Divergence) -> Divergence:
        _divergences[type_p, type_q] = divergence
        return divergence

    return register


def _distance(instance: Distribution, family: type) -> int:
    """How far above an instance's own class a family stands."""
    return type(instance).__mro__.index(family)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli_bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    of_one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    of_one = of_one.masked_fill(q.probs == 0, math.inf).masked_fill(p.probs == 0, 0)
    of_zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    return of_one + of_zero.masked_fill(q.probs == 1, math.inf).masked_fill(p.probs == 1, 0)


@register_kl(Categorical, Categorical)
def _categorical_categorical(p: Categorical, q: Categorical) -> Tensor:
    each = p.probs * (p.logits - q.logits)
    return each.masked_fill(q.probs == 0, math.inf).masked_fill(p.probs == 0, 0).sum(-1)


@register_kl(Normal, Normal)
def _normal_normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(Normal, Uniform)
def _normal_uniform(p: Normal, q: Uniform) -> Tensor:
    return p.loc.new_full(p.loc.shape, math.inf)


@register_kl(Uniform, Normal)
def _uniform_normal(p: Uniform, q: Normal) -> Tensor:
    width = p.high - p.low
    squares = width.pow(2) / 12 + ((p.high + p.low - 2 * q.loc) / 2).pow(2)
    return (math.sqrt(2 * math.pi) * q.scale / width).log() + 0.5 * squares / q.scale.pow(2)


@register_kl(Uniform, Uniform)
def _uniform_uniform(p: Uniform, q: Uniform) -> Tensor:
    divergence = ((q.high - q.low) / (p.high - p.low)).log()
    return divergence.masked_fill((q.low > p.low) | (q.high < p.high), math.inf)


__all__ = ["kl_divergence", "register_kl"]
