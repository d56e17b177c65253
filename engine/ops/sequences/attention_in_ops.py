"""Attention's gradients written in other ops: for derivatives of them, and for masks that are learned."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.draw import Draw
from engine.backend.dtype import bool_
from engine.ops.elementwise.selection import masked
from engine.ops.indices.masking import masked_fill
from engine.ops.linear_algebra.matmul import matmul
from engine.ops.randomness.dropout import dropout
from engine.ops.reductions.softmax import softmax


def attention_weights(query: Any, key: Any, mask: Any, is_causal: bool, scale: float) -> Any:
    """softmax(scale query keyᵀ + mask), zeros for a query that sees no key."""
    scores = matmul(query * scale, key.mT)
    if is_causal:
        positions = [scores.new_ones(length, dtype=bool_).cumsum(0) for length in scores.shape[-2:]]
        scores = masked_fill(scores, positions[1] > positions[0].unsqueeze(-1), -math.inf)
    if mask is not None:
        scores = masked_fill(scores, mask.logical_not(), -math.inf) if mask.dtype is bool_ else scores + mask
    blind = (scores == -math.inf).all(-1, keepdim=True)
    return masked(softmax(masked_fill(scores, blind, 0), -1), blind.logical_not())


def attention_gradients(
    g: Any,
    query: Any,
    key: Any,
    value: Any,
    mask: Any,
    is_causal: bool,
    scale: float,
    p: float = 0.0,
    draw: Draw | None = None,
) -> tuple[Any, Any, Any, Any]:
    """The gradients for query, key, value and scores; the last is also that of a mask added to them."""
    weights = attention_weights(query, key, mask, is_causal, scale)
    kept = dropout(weights.new_ones(weights.shape), p, draw) if p else 1.0
    used = weights * kept
    to_weights = matmul(g, value.mT) * kept
    to_scores = weights * (to_weights - (to_weights * weights).sum(-1, True))
    to_query, to_key = matmul(to_scores, key) * scale, matmul(to_scores.mT, query) * scale
    return to_query, to_key, matmul(used.mT, g), to_scores
