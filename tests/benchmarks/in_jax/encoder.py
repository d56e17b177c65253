"""The classifier of texts in plain JAX."""

from __future__ import annotations

from typing import Any

import jax

from tests.benchmarks.in_jax.learning import Step, supervised
from tests.benchmarks.in_jax.network import Network, Shapes, cross_entropy, dense, heads_of, joined, scale_and_shift
from tests.benchmarks.workloads.encoder import CLASSES, Encoder


def shapes(workload: Encoder) -> tuple[Shapes]:
    """Of each network, its parameters and buffers."""
    width = workload.width
    found: Shapes = {
        "embedding.weight": (workload.vocabulary, width),
        "positions.weight": (workload.tokens, width),
    }
    for number in range(workload.layers):
        name = f"encoder.layers.{number}"
        found |= {
            f"{name}.self_attn.in_proj_weight": (3 * width, width),
            f"{name}.self_attn.in_proj_bias": (3 * width,),
        }
        found |= dense(f"{name}.self_attn.out_proj", width, width)
        found |= dense(f"{name}.linear1", width, workload.hidden) | dense(f"{name}.linear2", workload.hidden, width)
        found |= scale_and_shift(f"{name}.norm1", width) | scale_and_shift(f"{name}.norm2", width)
    return (found | dense("head", width, CLASSES),)


def attended(network: Network, name: str, x: Any, workload: Encoder) -> Any:
    """Self-attention with dropout of its weights."""
    weight, bias = (network.parameters[f"{name}.in_proj_{kind}"] for kind in ("weight", "bias"))
    q, k, v = (heads_of(part, workload.heads) for part in jax.numpy.split(x @ weight.T + bias, 3, axis=-1))
    shares = jax.nn.softmax(q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5, axis=-1)
    return network.linear(f"{name}.out_proj", joined(network.dropout(shares, workload.dropout) @ v))


def layer(network: Network, name: str, x: Any, workload: Encoder) -> Any:
    """One layer: norm(x + attention(x)), then norm(x + mlp(x))."""
    rate = workload.dropout
    x = network.layer_norm(
        f"{name}.norm1", x + network.dropout(attended(network, f"{name}.self_attn", x, workload), rate)
    )
    y = network.dropout(jax.nn.relu(network.linear(f"{name}.linear1", x)), rate)
    return network.layer_norm(f"{name}.norm2", x + network.dropout(network.linear(f"{name}.linear2", y), rate))


def step(workload: Encoder) -> Step:
    """One step of training."""

    def loss(network: Network, tokens: Any, targets: Any) -> Any:
        x = network.embedding("embedding", tokens) + network.parameters["positions.weight"][: tokens.shape[1]]
        for number in range(workload.layers):
            x = layer(network, f"encoder.layers.{number}", x, workload)
        return cross_entropy(network.linear("head", x.mean(1)), targets)

    return supervised(loss)
