"""Rows of attention and its backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.draw import Draw
from engine.backend.philox import bernoulli_mask
from engine.ops.sequences import attention
from engine.testing.row import Sample, row, sample

MASK = np.array([[True, False, True, True], [False, False, False, False], [True, True, True, False]])


class FixedSource:
    """A generator that never moves on."""

    def draw(self) -> Draw:
        return Draw(self, 91, 5)


DRAW = FixedSource().draw()


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
        sample(query, key, value, None, True, 0.7, 0.4, DRAW),
        sample(query, key[0], value[:, None], MASK[None], False, 0.7, 0.25, DRAW),
    ]


def large(rng: np.random.Generator) -> list[Sample]:
    """Tiles that are full and not, heads beside each other, masks that broadcast, rows of weights across blocks."""

    def drawn(*shape: int) -> np.ndarray:
        return rng.normal(size=shape)

    def heads(length: int, width: int) -> np.ndarray:
        return drawn(2, length, 3, width).swapaxes(1, 2)

    short = heads(40, 20), heads(40, 20), heads(40, 20)
    other = heads(37, 17), heads(45, 17), heads(45, 34)
    seen = rng.uniform(size=(37, 45)) > 0.4
    seen[5] = False
    return [
        sample(*short, None, True, 0.2, 0.0, None),
        sample(*short, None, False, 0.2, 0.3, DRAW),
        sample(*other, seen, False, 0.3, 0.0, None),
        sample(*other, drawn(2, 1, 1, 45), True, 0.3, 0.2, DRAW),
        sample(drawn(70, 33), drawn(64, 33), drawn(64, 70), drawn(64), False, -0.1, 0.0, None),
        sample(drawn(3, 37, 16), drawn(3, 45, 16), drawn(3, 45, 16), seen[:1], False, 0.3, 0.0, None),
    ]


def swapped(array: np.ndarray) -> np.ndarray:
    return array.swapaxes(-3, -2) if array.ndim > 3 else array


def scores(query: np.ndarray, key: np.ndarray, mask: Any, is_causal: bool, scale: float) -> np.ndarray:
    found = np.einsum("...le,...se->...ls", query, key) * scale
    seen = np.broadcast_to(mask if mask is not None and mask.dtype == bool else True, found.shape)
    seen = seen & (np.tri(*found.shape[-2:]).astype(bool) if is_causal else True)
    return np.where(seen, found if mask is None or mask.dtype == bool else found + mask, -np.inf)


def weights(query: np.ndarray, key: np.ndarray, mask: Any, is_causal: bool, scale: float) -> np.ndarray:
    powers = np.exp(scores(query, key, mask, is_causal, scale))
    total = powers.sum(-1, keepdims=True)
    return np.divide(powers, total, out=np.zeros_like(powers), where=total > 0)


def kept(shape: tuple[int, ...], p: float, draw: Draw | None) -> np.ndarray:
    """What dropout multiplies weights by: their element number i takes the draw's word number i."""
    if draw is None:
        return np.ones(shape)
    return bernoulli_mask(np, draw.seed, draw.offset, int(np.prod(shape)), 1 - p).reshape(shape) / (1 - p)


def attended(
    query: Any, key: Any, value: Any, mask: Any, is_causal: bool, scale: float, p: float = 0.0, draw: Any = None
) -> np.ndarray:
    looks = weights(query, key, mask, is_causal, scale)
    return swapped((looks * kept(looks.shape, p, draw)) @ value)


def backwards(rng: np.random.Generator, forwards: Any = settings) -> list[Sample]:
    calls = []
    for call in forwards(rng):
        query, key, value, mask, *rule = call.args
        output = attended(*call.args)
        with np.errstate(divide="ignore"):
            sums = np.log(np.exp(scores(query, key, mask, *rule[:2])).sum(-1))
        calls.append(sample(rng.normal(size=output.shape), query, key, value, mask, output, sums, *rule))
    return calls


def gradients(
    upstream: Any,
    query: Any,
    key: Any,
    value: Any,
    mask: Any,
    output: Any,
    sums: Any,
    is_causal: bool,
    scale: float,
    p: float = 0.0,
    draw: Any = None,
) -> tuple[np.ndarray, ...]:
    """Through the Jacobian of softmax, diag(w) - wwᵀ, written out for each query."""
    looks, upstream = weights(query, key, mask, is_causal, scale), swapped(upstream)
    stays = kept(looks.shape, p, draw)
    to_weights = np.einsum("...lv,...sv->...ls", upstream, value) * stays
    jacobians = looks[..., None] * np.eye(looks.shape[-1]) - looks[..., None] * looks[..., None, :]
    to_scores = np.einsum(
        "...st,...t->...s", np.broadcast_to(jacobians, (*to_weights.shape, looks.shape[-1])), to_weights
    )
    return (
        swapped(scale * np.einsum("...ls,...se->...le", to_scores, key)),
        swapped(scale * np.einsum("...ls,...le->...se", to_scores, query)),
        swapped(np.einsum("...ls,...lv->...sv", looks * stays, upstream)),
    )


def large_backwards(rng: np.random.Generator) -> list[Sample]:
    return backwards(rng, large)


row(attention.attention, attended, settings, large=large)
row(attention.attention_backward, gradients, backwards, gradient=False, large=large_backwards)
