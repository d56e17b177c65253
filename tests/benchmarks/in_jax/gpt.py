"""The small GPT in plain JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from tests.benchmarks.in_jax.learning import Step, supervised
from tests.benchmarks.in_jax.network import Network, Shapes, cross_entropy, dense, heads_of, joined, scale_and_shift
from tests.benchmarks.workloads.gpt import GPT


def shapes(workload: GPT) -> tuple[Shapes]:
    """Of each network, its parameters and buffers."""
    width = workload.width
    found: Shapes = {
        "embedding.weight": (workload.vocabulary, width),
        "positions.weight": (workload.tokens, width),
    }
    for number in range(workload.layers):
        name = f"blocks.{number}"
        found |= scale_and_shift(f"{name}.norm1", width) | scale_and_shift(f"{name}.norm2", width)
        found |= dense(f"{name}.attention", width, 3 * width) | dense(f"{name}.projection", width, width)
        found |= dense(f"{name}.mlp.0", width, 4 * width) | dense(f"{name}.mlp.2", 4 * width, width)
    return (found | scale_and_shift("norm", width) | dense("head", width, workload.vocabulary, bias=False),)


def causal_attention(q: Any, k: Any, v: Any) -> Any:
    """softmax(Q Kᵀ / √d) V, each token seeing those before it and itself."""
    scores = q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5
    seen = jnp.tril(jnp.ones(scores.shape[-2:], dtype=bool))
    return jax.nn.softmax(jnp.where(seen, scores, -jnp.inf), axis=-1) @ v


def block(network: Network, name: str, x: Any, heads: int) -> Any:
    """One layer: x + attention(norm(x)), then x + mlp(norm(x))."""
    parts = jnp.split(network.linear(f"{name}.attention", network.layer_norm(f"{name}.norm1", x)), 3, axis=-1)
    q, k, v = (heads_of(part, heads) for part in parts)
    x = x + network.linear(f"{name}.projection", joined(causal_attention(q, k, v)))
    y = jax.nn.gelu(network.linear(f"{name}.mlp.0", network.layer_norm(f"{name}.norm2", x)), approximate=False)
    return x + network.linear(f"{name}.mlp.2", y)


def step(workload: GPT) -> Step:
    """One step of training."""

    def loss(network: Network, tokens: Any, targets: Any) -> Any:
        x = network.embedding("embedding", tokens) + network.parameters["positions.weight"][: tokens.shape[1]]
        for number in range(workload.layers):
            x = block(network, f"blocks.{number}", x, workload.heads)
        return cross_entropy(network.linear("head", network.layer_norm("norm", x)), targets)

    return supervised(loss)
