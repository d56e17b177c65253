"""The character model in plain JAX: the inputs' product for all steps at once, then a scan."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from tests.benchmarks.in_jax.learning import Step, supervised
from tests.benchmarks.in_jax.network import Network, Shapes, cross_entropy, dense
from tests.benchmarks.workloads.lstm import LSTM


def shapes(workload: LSTM) -> tuple[Shapes]:
    """Of each network, its parameters and buffers."""
    width = workload.width
    found: Shapes = {"embedding.weight": (workload.vocabulary, width)}
    for layer in range(workload.layers):
        for kind in ("ih", "hh"):
            found |= {f"lstm.weight_{kind}_l{layer}": (4 * width, width), f"lstm.bias_{kind}_l{layer}": (4 * width,)}
    return (found | dense("head", width, workload.vocabulary),)


def layer(network: Network, number: int, x: Any) -> Any:
    """One LSTM layer over (tokens, batch, width), with gates in PyTorch's order i, f, g, o."""
    weight, state_weight, bias, state_bias = (
        network.parameters[f"lstm.{kind}_l{number}"] for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )

    def advance(carry: tuple[Any, Any], given: Any) -> tuple[tuple[Any, Any], Any]:
        hidden, cell = carry
        i, f, g, o = jnp.split(given + hidden @ state_weight.T, 4, axis=-1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
        return (hidden, cell), hidden

    none = jnp.zeros((x.shape[1], state_weight.shape[1]), dtype=x.dtype)
    return lax.scan(advance, (none, none), x @ weight.T + (bias + state_bias))[1]


def step(workload: LSTM) -> Step:
    """One step of training."""

    def loss(network: Network, tokens: Any, targets: Any) -> Any:
        x = network.embedding("embedding", tokens.T)
        for number in range(workload.layers):
            x = layer(network, number, x)
        return cross_entropy(network.linear("head", x), targets.T)

    return supervised(loss)
