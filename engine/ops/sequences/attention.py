"""Attention: each query's mean of the values, weighted by how well their keys fit it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from engine.autograd.draw import Draw
from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.backend.namespace import xp
from engine.backend.philox import bernoulli_mask
from engine.kernels.cpu import attention as fast
from engine.ops.indices.indexing import spec_of
from engine.ops.precision import narrowed, widened
from engine.ops.randomness.dropout import dropout_backward
from engine.ops.sequences.attention_in_ops import attention_gradients
from engine.ops.sequences.attention_shapes import (
    Shape,
    attention_shape,
    gradient_shapes,
    refuse_attention,
    scores_shape,
    swapped,
)


class AttentionGradients(NamedTuple):
    """The gradients of attention."""

    query: Any
    key: Any
    value: Any


def _transposed(array: Any) -> Any:
    return array.swapaxes(-1, -2)


def _later(space: Any, shape: Shape) -> Any:
    """Which keys come after each query."""
    return space.arange(shape[-1]) > space.arange(shape[-2])[:, None]


def _scores(query: Any, key: Any, mask: Any, is_causal: bool, scale: float) -> Any:
    """The scores scale query keyᵀ + mask, -inf for the keys that a query may not see."""
    space = xp(query)
    scores = space.matmul(widened(query) * scale, _transposed(widened(key)))
    if is_causal:
        space.copyto(scores, -math.inf, where=_later(space, scores.shape))
    if mask is not None and mask.dtype == bool:
        space.copyto(scores, -math.inf, where=~mask)
    elif mask is not None:
        scores += mask
    return scores


def _highest(scores: Any) -> Any:
    """The highest score of each query, a finite number where it sees no key."""
    space, lowest = xp(scores), float(xp(scores).finfo(scores.dtype).min)
    if not scores.shape[-1]:
        return space.full((*scores.shape[:-1], 1), lowest, scores.dtype)
    return space.maximum(scores.max(axis=-1, keepdims=True), lowest)


def _left_out(values: Any, shape: Shape, p: float, draw: Draw | None) -> Any:
    """Dropout of what belongs to weights of that shape."""
    if draw is None:
        return values
    kept = bernoulli_mask(xp(values), draw.seed, draw.offset, shape, 1 - p)
    return dropout_backward.reference(values, kept, p)


@op(shape=attention_shape, types="keep", saved=("logsumexp",))
def attention(
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None,
    is_causal: bool,
    scale: float,
    p: float = 0.0,
    draw: Draw | None = None,
) -> Any:
    """softmax(scale query keyᵀ + mask) value; a boolean mask shows what may be seen (Vaswani et al. 2017, section 3.2).

    Causal attention sees no key after the query. A query that sees no key gives zeros. With a `draw`, weights are left
    out with probability `p`. Outputs of four dimensions or more have lengths before heads, [..., L, H, V], as PyTorch's
    lie in memory: to join heads copies nothing.
    """
    scores_shape(spec_of(query), spec_of(key), spec_of(value), None if mask is None else spec_of(mask))
    space, weights = xp(query), _scores(query, key, mask, is_causal, scale)
    highest = _highest(weights)
    weights -= highest
    space.exp(weights, out=weights)
    total = weights.sum(axis=-1, keepdims=True)
    is_blind = total == 0
    total += is_blind
    weights /= total
    sums = space.where(is_blind, -math.inf, highest + space.log(total))[..., 0]
    output = space.matmul(_left_out(weights, weights.shape, p, draw), widened(value))
    return swapped(narrowed(output, query)), sums


attention.refuse(refuse_attention)
attention.fast(cpu=fast.attention)


@op(shape=gradient_shapes, types="keep")
def attention_backward(
    upstream: Array,
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None,
    output: Array,
    logsumexp: Array,
    is_causal: bool,
    scale: float,
    p: float = 0.0,
    draw: Draw | None = None,
) -> AttentionGradients:
    """The gradients of attention for query, key and value, in the shapes that these broadcast to.

    They, `upstream` and `output` have lengths before heads as outputs do. The weights are made anew from scores and
    their log-sum-exps (Dao et al. 2022, "FlashAttention", appendix B.4).
    """
    space, g, y = xp(query), swapped(widened(upstream)), swapped(widened(output))
    weights = _scores(query, key, mask, is_causal, scale)
    weights -= space.where(logsumexp == -math.inf, 0, logsumexp)[..., None]
    space.exp(weights, out=weights)
    to_value = space.matmul(_transposed(_left_out(weights, weights.shape, p, draw)), g)
    scores = _left_out(space.matmul(g, _transposed(widened(value))), weights.shape, p, draw)
    scores -= (g * y).sum(axis=-1, keepdims=True)
    scores *= weights
    to_query = space.matmul(scores, widened(key))
    to_query *= scale
    to_key = space.matmul(_transposed(scores), widened(query))
    to_key *= scale
    return AttentionGradients(*(swapped(narrowed(each, query)) for each in (to_query, to_key, to_value)))


attention_backward.fast(cpu=fast.attention_backward)


def _heads_first(tensor: Any) -> Any:
    return tensor if tensor.ndim < 4 else tensor.transpose(-3, -2)


@attention_backward.gradient_from
def _backward_in_ops(
    upstream: Any,
    query: Any,
    key: Any,
    value: Any,
    mask: Any,
    output: Any,
    logsumexp: Any,
    is_causal: bool,
    scale: float,
    p: float,
    draw: Draw | None,
) -> AttentionGradients:
    found = attention_gradients(_heads_first(upstream), query, key, value, mask, is_causal, scale, p, draw)
    return AttentionGradients(*map(_heads_first, found[:3]))


@attention.gradients
def _attention_gradients(
    g: Any,
    query: Any,
    key: Any,
    value: Any,
    mask: Any,
    y: Any,
    logsumexp: Any,
    is_causal: bool,
    scale: float,
    p: float,
    draw: Draw | None,
    needs: tuple[bool, ...],
) -> tuple[Any, ...]:
    if needs[3]:
        return attention_gradients(_heads_first(g), query, key, value, mask, is_causal, scale, p, draw)
    found = attention_backward(g, query, key, value, mask, y, logsumexp, is_causal, scale, p, draw)
    return *map(_heads_first, found), None


def attended(
    query: Any,
    key: Any,
    value: Any,
    mask: Any,
    is_causal: bool,
    scale: float,
    p: float = 0.0,
    draw: Draw | None = None,
) -> Any:
    """Attention with heads before lengths, as its inputs have them."""
    return _heads_first(attention(query, key, value, mask, is_causal, scale, p, draw))
