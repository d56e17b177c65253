"""What attention is given and gives: types, shapes, and the order of heads and lengths."""

from __future__ import annotations

from typing import Any

from engine.autograd.draw import Draw
from engine.autograd.spec import Spec, broadcast_shapes
from engine.backend.dtype import bool_, dtype, float16, float32
from engine.ops.linear_algebra.matmul import product_shape

Shape = tuple[int, ...]


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


def scores_shape(query: Any, key: Any, value: Any, mask: Any) -> Shape:
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


def swapped(array: Any) -> Any:
    """From heads before lengths to lengths before heads, or back, in arrays of four dimensions or more."""
    return array if array.ndim < 4 else array.swapaxes(-3, -2)


def _swapped_shape(*shape: int) -> Shape:
    return shape if len(shape) < 4 else (*shape[:-3], shape[-2], shape[-3], shape[-1])


def attention_shape(
    query: Spec,
    key: Spec,
    value: Spec,
    mask: Spec | None,
    is_causal: bool,
    scale: float,
    p: float = 0.0,
    draw: Draw | None = None,
) -> tuple[Spec, Spec]:
    """Outputs with lengths before heads, and a log-sum-exp for each query."""
    scores = scores_shape(query, key, value, mask)
    kind = float32 if query.dtype is float16 else query.dtype
    return Spec(_swapped_shape(*product_shape(scores, value.shape)), query.dtype), Spec(scores[:-1], kind)


def gradient_shapes(
    upstream: Spec,
    query: Spec,
    key: Spec,
    value: Spec,
    mask: Spec | None,
    output: Spec,
    logsumexp: Spec,
    is_causal: bool,
    scale: float,
    p: float = 0.0,
    draw: Draw | None = None,
) -> tuple[Spec, ...]:
    """Gradients for query, key and value in the shapes that these broadcast to, lengths before heads."""
    batch = _swapped_shape(*upstream.shape)[:-2]
    return tuple(Spec(_swapped_shape(*batch, *each.shape[-2:]), query.dtype) for each in (query, key, value))
