"""Attention: each query's mean of the values, weighted by how well their keys fit it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast_shapes
from engine.backend.dtype import bool_, dtype, float16, float32
from engine.backend.namespace import xp
from engine.ops.elementwise.selection import masked
from engine.ops.indices.indexing import spec_of
from engine.ops.indices.masking import masked_fill
from engine.ops.linear_algebra.matmul import matmul, product_shape
from engine.ops.precision import narrowed, widened
from engine.ops.reductions.softmax import softmax

Shape = tuple[int, ...]


class AttentionGradients(NamedTuple):
    """The gradients of attention; that of the scores is also the gradient of a mask added to them."""

    query: Any
    key: Any
    value: Any
    scores: Any


def refuse_attention(
    name: str, compute: dtype | None, query: dtype, key: dtype, value: dtype, mask: dtype | None
) -> None:
    """Raise RuntimeError for types that differ or are whole, and for a mask neither boolean nor of their type."""
    if not query is key is value:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got "
            f"query.dtype: {query}, key.dtype: {key} and value.dtype: {value}"
        )
    if not query.is_floating_point:
        raise RuntimeError(f"{name}: expected floating-point query, key and value, but found {query}")
    if mask not in (None, bool_, query):
        raise RuntimeError(
            f"Expected attn_mask dtype to be bool or to match query dtype, but got attn_mask.dtype: {mask} "
            f"and query.dtype: {query}"
        )


def _scores_shape(query: Any, key: Any, value: Any, mask: Any) -> Shape:
    """[..., L, S] for queries [..., L, E], keys [..., S, E] and values [..., S, V]; RuntimeError if they do not fit."""
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be at least 2 dimensional, but got "
            f"shapes {list(query.shape)}, {list(key.shape)} and {list(value.shape)}"
        )
    scores = product_shape(query.shape, (*key.shape[:-2], key.shape[-1], key.shape[-2]))
    product_shape(scores, value.shape)
    if mask is not None and broadcast_shapes(mask.shape, scores) != scores:
        raise RuntimeError(
            f"attn_mask of shape {list(mask.shape)} does not broadcast to the scores' shape {list(scores)}"
        )
    return scores


def _attention_shape(
    query: Spec, key: Spec, value: Spec, mask: Spec | None, is_causal: bool, scale: float
) -> tuple[Spec, Spec]:
    scores = _scores_shape(query, key, value, mask)
    kind = float32 if query.dtype is float16 else query.dtype
    return Spec(product_shape(scores, value.shape), query.dtype), Spec(scores, kind)


def _transposed(array: Any) -> Any:
    return array.swapaxes(-1, -2)


def _later(space: Any, shape: Shape) -> Any:
    """Which keys come after each query."""
    return space.arange(shape[-1]) > space.arange(shape[-2])[:, None]


def _weights(query: Any, key: Any, mask: Any, is_causal: bool, scale: float) -> Any:
    """softmax(scale query keyᵀ) over the keys that a query may see; a query that sees none has no weights at all."""
    space = xp(query)
    scores = space.matmul(widened(query) * scale, _transposed(widened(key)))
    if scores.size == 0:
        return scores
    if is_causal:
        space.copyto(scores, -math.inf, where=_later(space, scores.shape))
    if mask is not None and mask.dtype == bool:
        space.copyto(scores, -math.inf, where=~mask)
    elif mask is not None:
        scores += mask
    scores -= space.maximum(scores.max(axis=-1, keepdims=True), float(space.finfo(scores.dtype).min))
    weights = space.exp(scores, out=scores)
    total = weights.sum(axis=-1, keepdims=True)
    weights /= total + (total == 0)
    return weights


@op(shape=_attention_shape, types="keep", saved=("weights",))
def attention(query: Array, key: Array, value: Array, mask: Array | None, is_causal: bool, scale: float) -> Any:
    """softmax(scale query keyᵀ + mask) value; a boolean mask shows what may be seen (Vaswani et al. 2017, section 3.2).

    Causal attention sees no key after the query. A query that sees no key gives zeros.
    """
    _scores_shape(spec_of(query), spec_of(key), spec_of(value), None if mask is None else spec_of(mask))
    weights = _weights(query, key, mask, is_causal, scale)
    return narrowed(xp(query).matmul(weights, widened(value)), query), weights


attention.refuse(refuse_attention)


def _gradient_shapes(
    upstream: Spec, query: Spec, key: Spec, value: Spec, mask: Spec | None, weights: Spec, *rest: Any
) -> tuple[Spec, ...]:
    batch = broadcast_shapes(upstream.shape[:-2], weights.shape[:-2])
    pairs = broadcast_shapes(batch, query.shape[:-2]), broadcast_shapes(batch, key.shape[:-2])
    return (
        Spec((*pairs[1], *query.shape[-2:]), query.dtype),
        Spec((*pairs[0], *key.shape[-2:]), query.dtype),
        Spec((*batch, *value.shape[-2:]), query.dtype),
        Spec((*batch, *weights.shape[-2:]), query.dtype),
    )


@op(shape=_gradient_shapes, types="keep")
def attention_backward(
    upstream: Array,
    query: Array,
    key: Array,
    value: Array,
    mask: Array | None,
    weights: Array,
    is_causal: bool,
    scale: float,
) -> AttentionGradients:
    """The gradients of attention for query, key, value and scores, in the shapes that the inputs broadcast to."""
    space, g = xp(query), widened(upstream)
    scores = space.matmul(g, _transposed(widened(value)))
    scores -= (scores * weights).sum(axis=-1, keepdims=True)
    scores = scores * weights
    to_query = space.matmul(scores, widened(key))
    to_query *= scale
    to_key = space.matmul(_transposed(scores), widened(query))
    to_key *= scale
    to_value = space.matmul(_transposed(weights), g)
    return AttentionGradients(*(narrowed(each, query) for each in (to_query, to_key, to_value, scores)))


def attention_weights(query: Any, key: Any, mask: Any, is_causal: bool, scale: float) -> Any:
    """The weights of attention in ops, for dropout of them and for derivatives of gradients."""
    scores = matmul(query * scale, key.mT)
    if is_causal:
        positions = [scores.new_ones(length, dtype=bool_).cumsum(0) for length in scores.shape[-2:]]
        scores = masked_fill(scores, positions[1] > positions[0].unsqueeze(-1), -math.inf)
    if mask is not None:
        scores = masked_fill(scores, mask.logical_not(), -math.inf) if mask.dtype is bool_ else scores + mask
    blind = (scores == -math.inf).all(-1, keepdim=True)
    return masked(softmax(masked_fill(scores, blind, 0), -1), blind.logical_not())


def _attention_gradients_in_ops(
    upstream: Any, query: Any, key: Any, value: Any, mask: Any, weights: Any, is_causal: bool, scale: float
) -> AttentionGradients:
    """The same gradients in ops, for derivatives of them."""
    weights = attention_weights(query, key, mask, is_causal, scale)
    to_weights = matmul(upstream, value.mT)
    scores = weights * (to_weights - (to_weights * weights).sum(-1, True))
    return AttentionGradients(
        matmul(scores, key) * scale, matmul(scores.mT, query) * scale, matmul(weights.mT, upstream), scores
    )


attention_backward.gradient_from(_attention_gradients_in_ops)


@attention.gradients
def _attention_gradients(
    g: Any, query: Any, key: Any, value: Any, mask: Any, weights: Any, is_causal: bool, scale: float
) -> tuple[Any, ...]:
    return tuple(attention_backward(g, query, key, value, mask, weights, is_causal, scale))
