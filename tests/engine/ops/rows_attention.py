"""Rows of attention and its backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.ops.sequences import attention
from engine.testing.row import Sample, row, sample

MASK = np.array([[True, False, True, True], [False, False, False, False], [True, True, True, False]])


def settings(rng: np.random.Generator) -> list[Sample]:
    query, key, value = rng.normal(size=(2, 3, 5)), rng.normal(size=(2, 4, 5)), rng.normal(size=(2, 4, 6))
    return [
        sample(query, key, value, None, False, 0.7),
        sample(query, key, value, None, True, 0.7),
        sample(query, key, value, rng.normal(size=(3, 4)), False, 1.0),
        sample(query, key, value, MASK, False, 0.5),
        sample(query[0], key[0], value[0], rng.normal(size=4), False, -0.5),
        sample(query[:1, None], key, value, rng.normal(size=(2, 1, 4)), False, 0.7),
        sample(query, key[0], value[:, None], MASK[None], False, 0.7),
        sample(query[:, :0], key, value, None, False, 0.7),
        sample(query, key[:, :0], value[:, :0], None, True, 0.7),
    ]


def weights(query: np.ndarray, key: np.ndarray, mask: Any, is_causal: bool, scale: float) -> np.ndarray:
    scores = np.einsum("...le,...se->...ls", query, key) * scale
    seen = np.broadcast_to(mask if mask is not None and mask.dtype == bool else True, scores.shape)
    seen = seen & (np.tri(*scores.shape[-2:]).astype(bool) if is_causal else True)
    scores = scores if mask is None or mask.dtype == bool else scores + mask
    powers = np.where(seen, np.exp(scores), 0)
    total = powers.sum(-1, keepdims=True)
    return np.divide(powers, total, out=np.zeros_like(powers), where=total > 0)


def attended(query: Any, key: Any, value: Any, mask: Any, is_causal: bool, scale: float) -> np.ndarray:
    return weights(query, key, mask, is_causal, scale) @ value


def backwards(rng: np.random.Generator) -> list[Sample]:
    calls = []
    for query, key, value, mask, is_causal, scale in (call.args for call in settings(rng)):
        looks = weights(query, key, mask, is_causal, scale)
        upstream = rng.normal(size=(looks @ value).shape)
        calls.append(sample(upstream, query, key, value, mask, looks, is_causal, scale))
    return calls


def gradients(
    upstream: Any, query: Any, key: Any, value: Any, mask: Any, looks: Any, is_causal: bool, scale: float
) -> tuple[np.ndarray, ...]:
    """Through the Jacobian of softmax, diag(w) - wwᵀ, written out for each query."""
    to_weights = np.einsum("...lv,...sv->...ls", upstream, value)
    jacobians = looks[..., None] * np.eye(looks.shape[-1]) - looks[..., None] * looks[..., None, :]
    scores = np.einsum("...st,...t->...s", np.broadcast_to(jacobians, (*to_weights.shape, looks.shape[-1])), to_weights)
    return (
        scale * np.einsum("...ls,...se->...le", scores, key),
        scale * np.einsum("...ls,...le->...se", scores, query),
        np.einsum("...ls,...lv->...sv", looks, upstream),
        scores,
    )


row(attention.attention, attended, settings)
row(attention.attention_backward, gradients, backwards, gradient=False)
