"""Multi-head attention as a function: inputs projected to heads, attention in each, heads joined and projected."""

from __future__ import annotations

import math
from typing import Any

from engine.nn.functional.attention import scaled_dot_product_attention
from engine.nn.functional.attention_mask import added_mask
from engine.nn.functional.dropout import dropout
from engine.nn.functional.linear import linear
from engine.nn.functional.softmax import softmax
from engine.ops.layouts.joining import cat
from engine.ops.layouts.padding import pad
from engine.ops.linear_algebra.matmul import matmul


def multi_head_attention_forward(
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Any,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Any, Any]:
    """Attention of `query` [L, N, E] over `key` and `value` [S, N, ...] in several heads; without N for one example.

    Gives the output [L, N, E] and the weights [N, L, S], or [N, heads, L, S] if they are not averaged, or None if they
    are not needed. Boolean masks are true where nothing may look, others are added to the scores: `attn_mask` is
    [L, S] or [N · heads, L, S], `key_padding_mask` [N, S]. Raises AssertionError or RuntimeError for what does not fit.
    """
    batched = _check_ranks(query, key, value, key_padding_mask, attn_mask, num_heads)
    alike = (3,) if query is key is value else (1, 2) if key is value else (1, 1, 1)
    if not batched:
        query, key, value = (each.unsqueeze(1) for each in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    examples = query.shape[1]
    _check_features(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    key_padding_mask = added_mask(key_padding_mask, "key_padding_mask", query.dtype, attn_mask, "attn_mask")
    causal = is_causal and key_padding_mask is None and not need_weights
    attn_mask = None if causal else _mask_of_heads(attn_mask, query, key, num_heads)

    if use_separate_proj_weight:
        q, k, v = _projected((query, key, value), (q_proj_weight, k_proj_weight, v_proj_weight), in_proj_bias)
    else:
        q, k, v = _projected_together((query, key, value), alike, in_proj_weight, in_proj_bias)
    k, v, extra = _with_biases(k, v, bias_k, bias_v, static_k, static_v)
    q, k, v = (_heads(each, num_heads) for each in (q, k, v))
    k, v = _static(k, static_k, "static_k", q), _static(v, static_v, "static_v", q)
    if add_zero_attn:
        k, v = (cat([each, each.new_zeros((*each.shape[:2], 1, each.shape[3]))], 2) for each in (k, v))
    mask = _merged(attn_mask, key_padding_mask, extra + add_zero_attn, examples, k.shape[2])

    p = dropout_p if training else 0.0
    if need_weights:
        output, looks = _attended(q, k, v, mask, p)
        looks = looks.mean(1) if average_attn_weights else looks
    else:
        output, looks = scaled_dot_product_attention(q, k, v, mask, p, causal), None
    output = _joined(output, out_proj_weight, out_proj_bias, by_example=not query.is_contiguous())
    if batched:
        return output, looks
    return output.squeeze(1), None if looks is None else looks.squeeze(0)


def _check_ranks(query: Any, key: Any, value: Any, key_padding_mask: Any, attn_mask: Any, num_heads: int) -> bool:
    """Whether there is a dimension of examples; raises AssertionError for ranks that do not fit."""
    rank = query.ndim
    if rank not in (2, 3):
        raise AssertionError(
            f"query should be unbatched 2D or batched 3D tensor but received {rank}-D query of {list(query.shape)}"
        )
    found = f"For {'batched' if rank == 3 else 'unbatched'} ({rank}-D) `query`, expected"
    if key.ndim != rank or value.ndim != rank:
        raise AssertionError(
            f"{found} `key` and `value` to be {rank}-D but found shapes {list(key.shape)} and {list(value.shape)}"
        )
    if key_padding_mask is not None and key_padding_mask.ndim != rank - 1:
        raise AssertionError(
            f"{found} `key_padding_mask` to be `None` or {rank - 1}-D but found shape {list(key_padding_mask.shape)}"
        )
    if attn_mask is not None and attn_mask.ndim not in (2, 3):
        raise AssertionError(f"{found} `attn_mask` to be `None`, 2-D or 3-D but found shape {list(attn_mask.shape)}")
    if rank == 2 and attn_mask is not None and attn_mask.ndim == 3:
        expected = (num_heads, query.shape[0], key.shape[0])
        if attn_mask.shape != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {tuple(attn_mask.shape)}")
    return bool(rank == 3)


def _check_features(query: Any, key: Any, value: Any, expected: int, num_heads: int, separate: bool) -> None:
    features = query.shape[2]
    if features != expected:
        raise AssertionError(f"was expecting embedding dimension of {expected}, but got {features}")
    if features % num_heads:
        raise AssertionError(f"embed_dim {features} not divisible by num_heads {num_heads}")
    if separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(
            f"key's sequence and batch dims {list(key.shape[:2])} do not match value's {list(value.shape[:2])}"
        )
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {list(key.shape)} does not match value shape {list(value.shape)}")


def _mask_of_heads(mask: Any, query: Any, key: Any, num_heads: int) -> Any:
    """An attention mask to add, [L, S] or [N, heads, L, S]; raises RuntimeError for other shapes."""
    mask = added_mask(mask, "attn_mask", query.dtype)
    if mask is None:
        return None
    expected: tuple[int, ...] = (query.shape[0], key.shape[0])
    if mask.ndim == 3:
        expected = (query.shape[1] * num_heads, *expected)
    if mask.shape != expected:
        raise RuntimeError(f"The shape of the {mask.ndim}D attn_mask is {tuple(mask.shape)}, but should be {expected}.")
    return mask if mask.ndim == 2 else mask.unflatten(0, (query.shape[1], num_heads))


def _projected(inputs: tuple[Any, Any, Any], weights: tuple[Any, Any, Any], bias: Any) -> list[Any]:
    """Query, key and value through projections of their own; raises AssertionError where one is missing."""
    if any(each is None for each in weights):
        raise AssertionError("multi_head_attention_forward: the projection of query, key or value has no weight")
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return [_mapped(*each) for each in zip(inputs, weights, biases, strict=True)]


def _projected_together(inputs: tuple[Any, Any, Any], alike: tuple[int, ...], weight: Any, bias: Any) -> list[Any]:
    """Query, key and value through the three parts of one weight; so many of them one after the other are `alike`.

    What is alike takes one product. Raises AssertionError where the weight is missing.
    """
    if weight is None:
        raise AssertionError("multi_head_attention_forward: the projection of query, key and value has no weight")
    if alike == (3,):
        return list(_mapped(inputs[0], weight, bias).chunk(3, -1))
    sizes = [count * inputs[0].shape[2] for count in alike]
    biases = [None for _ in alike] if bias is None else bias.split(sizes)
    mapped = [_mapped(*each) for each in zip(inputs, weight.split(sizes), biases, strict=False)]
    return [part for each, count in zip(mapped, alike, strict=True) for part in each.chunk(count, -1)]


def _mapped(input: Any, weight: Any, bias: Any) -> Any:
    """A linear map of [L, N, E] over rows as they lie in memory: what has examples first there is not copied."""
    if input.is_contiguous():
        return linear(input, weight, bias)
    return linear(input.transpose(0, 1), weight, bias).transpose(0, 1)


def _joined(output: Any, weight: Any, bias: Any, by_example: bool) -> Any:
    """[N, heads, L, E / heads] as [L, N, E] through the last projection; it has examples first in memory if told so."""
    if by_example:
        return linear(output.transpose(1, 2).flatten(2), weight, bias).transpose(0, 1)
    return linear(output.permute(2, 0, 1, 3).flatten(2), weight, bias)


def _with_biases(k: Any, v: Any, bias_k: Any, bias_v: Any, static_k: Any, static_v: Any) -> tuple[Any, Any, int]:
    """Keys and values with one more at their end that is the same in every example; how many these are."""
    if (bias_k is None) != (bias_v is None):
        raise AssertionError("bias_k and bias_v must both be given or neither")
    if bias_k is None:
        return k, v, 0
    if static_k is not None or static_v is not None:
        raise AssertionError("bias cannot be added to static key or value.")
    k, v = (cat([each, bias.repeat(1, each.shape[1], 1)]) for each, bias in ((k, bias_k), (v, bias_v)))
    return k, v, 1


def _heads(input: Any, num_heads: int) -> Any:
    """[length, N, E] as [N, heads, length, E / heads]."""
    return input.unflatten(2, (num_heads, -1)).permute(1, 2, 0, 3)


def _static(projected: Any, given: Any, name: str, q: Any) -> Any:
    """The keys or values that were given instead of projected ones; raises AssertionError for a misfit."""
    if given is None:
        return projected
    examples, num_heads, _, features = q.shape
    if (given.shape[0], given.shape[2]) != (examples * num_heads, features):
        expected = f"[{examples * num_heads}, S, {features}]"
        raise AssertionError(f"expecting {name} of shape {expected}, but got {list(given.shape)}")
    return given.unflatten(0, (examples, num_heads))


def _merged(attn_mask: Any, padding: Any, extra: int, examples: int, length: int) -> Any:
    """Both masks as one that is added to scores [N, heads, L, S]; `extra` keys at the end are seen by all."""
    if extra:
        attn_mask, padding = (None if each is None else pad(each, (0, extra)) for each in (attn_mask, padding))
    if padding is None:
        return attn_mask
    if padding.shape != (examples, length):
        raise AssertionError(
            f"Expected key_padding_mask of shape {[examples, length - extra]}, "
            f"but got {[padding.shape[0], padding.shape[1] - extra]}"
        )
    padding = padding.reshape(examples, 1, 1, length)
    return padding if attn_mask is None else attn_mask + padding


def _attended(q: Any, k: Any, v: Any, mask: Any, p: float) -> tuple[Any, Any]:
    """What attention gives, and its weights as they were used."""
    scores = matmul(q * math.sqrt(1 / q.shape[-1]), k.mT)
    looks = softmax(scores if mask is None else scores + mask, -1)
    looks = dropout(looks, p) if p else looks
    return matmul(looks, v), looks
