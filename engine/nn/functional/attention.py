"""Scaled dot-product attention as a function."""

from __future__ import annotations

import math
from typing import Any

from engine.ops.sequences.attention import attended
from engine.tensors.generator import default_generator


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """softmax(scale QKᵀ + mask) V for queries [..., L, E], keys [..., S, E] and values [..., S, V]; scale is 1/√E.

    A boolean mask is true where a query may look, another is added to the scores; causal attention looks at no later
    key; a query that may look nowhere gives zeros. `enable_gqa` lets several heads of the query, the third dimension
    from the end, share one of key and value. Raises RuntimeError for shapes and types that do not fit.
    """
    if not 0 <= dropout_p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p}")
    if is_causal and attn_mask is not None:
        raise RuntimeError("scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    if enable_gqa:
        key, value = _shared_heads(query, key, value)
    if scale is None:
        scale = 1 / math.sqrt(query.shape[-1]) if query.ndim and query.shape[-1] else 1.0
    draw = default_generator.draw() if dropout_p else None
    return attended(query, key, value, attn_mask, is_causal, scale, float(dropout_p), draw)


def _shared_heads(query: Any, key: Any, value: Any) -> tuple[Any, Any]:
    """Key and value with each head repeated for the heads of the query that share it."""
    shapes = [list(each.shape) for each in (query, key, value)]
    if min(query.ndim, key.ndim, value.ndim) < 3:
        raise RuntimeError(f"enable_gqa needs a dimension of heads: got query, key and value of shapes {shapes}")
    heads = query.shape[-3]
    for each in (key, value):
        if not each.shape[-3] or heads % each.shape[-3]:
            raise RuntimeError(
                f"Number of heads in key and value must divide the number of heads in query: shapes {shapes}"
            )
    return tuple(
        each if each.shape[-3] == heads else each.repeat_interleave(heads // each.shape[-3], -3)
        for each in (key, value)
    )
