"""Scaled dot-product and multi-head attention against formulas."""

import math
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.nn.functional import multi_head_attention_forward, scaled_dot_product_attention

RNG = np.random.default_rng(31)


def attended(query: Any, key: Any, value: Any, added: Any = 0.0) -> np.ndarray:
    scores = query @ key.swapaxes(-1, -2) / math.sqrt(query.shape[-1]) + added
    powers = np.exp(scores)
    return powers / powers.sum(-1, keepdims=True) @ value


def draw(*shapes: tuple[int, ...]) -> list[Any]:
    return [engine.tensor(RNG.normal(size=shape)) for shape in shapes]


def test_attention_is_a_softmax_of_products() -> None:
    q, k, v = draw((2, 4, 3, 5), (2, 4, 6, 5), (2, 4, 6, 7))
    plain = q.numpy(), k.numpy(), v.numpy()
    np.testing.assert_allclose(scaled_dot_product_attention(q, k, v).numpy(), attended(*plain), rtol=1e-10)
    causal = np.where(np.tri(3, 6).astype(bool), 0, -np.inf)
    found = scaled_dot_product_attention(q, k, v, is_causal=True)
    np.testing.assert_allclose(found.numpy(), attended(*plain, causal), rtol=1e-10)
    seen = RNG.uniform(size=(4, 1, 6)) > 0.3
    found = scaled_dot_product_attention(q, k, v, engine.tensor(seen))
    np.testing.assert_allclose(found.numpy(), attended(*plain, np.where(seen, 0, -np.inf)), rtol=1e-10)


def test_shared_heads_are_repeated_ones() -> None:
    q, k, v = draw((2, 6, 3, 5), (2, 3, 4, 5), (2, 2, 4, 5))
    found = scaled_dot_product_attention(q, k, v, enable_gqa=True)
    wide = [np.repeat(k.numpy(), 2, axis=1), np.repeat(v.numpy(), 3, axis=1)]
    np.testing.assert_allclose(found.numpy(), attended(q.numpy(), *wide), rtol=1e-10)
    with pytest.raises(RuntimeError, match=r"must divide.*\[2, 4, 4, 5\]"):
        scaled_dot_product_attention(q, v.repeat(1, 2, 1, 1), v, enable_gqa=True)


def test_a_query_that_sees_nothing_gives_zeros_and_no_gradient() -> None:
    q, k, v = (each.requires_grad_() for each in draw((1, 2, 3), (1, 4, 3), (1, 4, 3)))
    mask = engine.tensor([[True] * 4, [False] * 4])
    for mask_form in (mask, engine.zeros(2, 4, dtype=engine.float64).masked_fill(mask.logical_not(), -math.inf)):
        output = scaled_dot_product_attention(q, k, v, mask_form)
        assert not output[0, 1].detach().numpy().any()
        first = engine.autograd.grad((output**2).sum(), [q, k, v], create_graph=True)
        assert not first[0][0, 1].detach().numpy().any()
        second = engine.autograd.grad(sum((each**2).sum() for each in first), [q, k, v])
        assert all(np.isfinite(each.numpy()).all() for each in (*first_numbers(first), *second))


def first_numbers(tensors: Any) -> list[Any]:
    return [each.detach() for each in tensors]


def test_dropout_leaves_out_weights() -> None:
    engine.manual_seed(3)
    q, k, v = draw((1, 200, 4), (1, 50, 4), (1, 50, 4))
    uniform, ones = engine.zeros_like(q), engine.ones_like(v)
    found = scaled_dot_product_attention(uniform, k, ones, dropout_p=0.25).numpy()
    assert abs(found.mean() - 1) < 0.02
    kept = found[0, :, 0] * 50 * 0.75
    np.testing.assert_allclose(kept, kept.round(), atol=1e-9)
    assert abs(kept.mean() / 50 - 0.75) < 0.02
    assert not scaled_dot_product_attention(q, k, v, dropout_p=1.0).numpy().any()


REFUSED = [
    ((2, 3, 4), (2, 5, 3), (2, 5, 3), {}, "5"),
    ((2, 3, 4), (2, 5, 4), (2, 6, 4), {}, "6"),
    ((4,), (2, 5, 4), (2, 5, 4), {}, "at least 2 dimensional"),
    ((2, 3, 4), (2, 5, 4), (2, 5, 4), {"attn_mask": engine.zeros(2, 5)}, r"\[2, 5\]|\(2\)"),
    ((2, 3, 4), (2, 5, 4), (2, 5, 4), {"attn_mask": engine.zeros(3, 5, dtype=engine.int64)}, "int64"),
    ((2, 3, 4), (2, 5, 4), (2, 5, 4), {"attn_mask": engine.zeros(3, 5), "is_causal": True}, "is_causal"),
    ((2, 3, 4), (2, 5, 4), (2, 5, 4), {"dropout_p": 1.5}, "1.5"),
]


@pytest.mark.parametrize(("query", "key", "value", "options", "told"), REFUSED)
def test_what_does_not_fit_is_named(query: Any, key: Any, value: Any, options: Any, told: str) -> None:
    with pytest.raises(RuntimeError, match=told):
        scaled_dot_product_attention(engine.ones(query), engine.ones(key), engine.ones(value), **options)
    with pytest.raises(RuntimeError, match="float64"):
        scaled_dot_product_attention(engine.ones(3, 4), engine.ones(3, 4).double(), engine.ones(3, 4))


def test_heads_are_attention_of_slices() -> None:
    layer = nn.MultiheadAttention(6, 3, batch_first=True, dtype=engine.float64)
    x, memory = (each.numpy() for each in draw((2, 3, 6), (2, 5, 6)))
    weights = layer.in_proj_weight.detach().numpy().reshape(3, 3, 2, 6)
    heads = [attended(x @ q.T, memory @ k.T, memory @ v.T) for q, k, v in (weights[:, head] for head in range(3))]
    expected = np.concatenate(heads, -1) @ layer.out_proj.weight.detach().numpy().T
    found, looks = layer(engine.tensor(x), engine.tensor(memory), engine.tensor(memory))
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(looks.detach().numpy().sum(-1), 1, rtol=1e-12)
    fast, none = layer(engine.tensor(x), engine.tensor(memory), engine.tensor(memory), need_weights=False)
    assert none is None
    np.testing.assert_allclose(fast.detach().numpy(), expected, rtol=1e-10, atol=1e-12)


def test_given_heads_replace_projected_ones() -> None:
    layer = nn.MultiheadAttention(4, 2, dtype=engine.float64)
    x, memory, keys, values = draw((3, 2, 4), (5, 2, 4), (4, 7, 2), (4, 7, 2))
    given = layer.in_proj_weight, layer.in_proj_bias, None, None, False, 0.0, layer.out_proj.weight, layer.out_proj.bias
    found, looks = multi_head_attention_forward(x, memory, memory, 4, 2, *given, static_k=keys, static_v=values)
    q = (x.numpy() @ layer.in_proj_weight.detach().numpy()[:4].T).reshape(3, 4, 2).swapaxes(0, 1)
    joined = attended(q, keys.numpy(), values.numpy()).swapaxes(0, 1).reshape(3, 2, 4)
    expected = joined @ layer.out_proj.weight.detach().numpy().T
    assert looks.shape == (2, 3, 7)
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    with pytest.raises(AssertionError, match="static_k"):
        multi_head_attention_forward(x, memory, memory, 4, 2, *given, static_k=keys[:2], static_v=values)


def test_a_causal_transformer_does_not_look_ahead() -> None:
    engine.manual_seed(0)
    layer = nn.TransformerEncoderLayer(6, 2, 8, dropout=0.0, batch_first=True)
    model = nn.TransformerEncoder(layer, 2)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    x = engine.randn(1, 5, 6)
    changed = x.clone()
    changed[0, 3:] = 0
    first, second = (model(each, mask).detach().numpy() for each in (x, changed))
    np.testing.assert_array_equal(first[0, :3], second[0, :3])
    assert (first[0, 3:] != second[0, 3:]).any()
