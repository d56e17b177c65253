"""The multi-layer perceptron in plain JAX."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import jax

from tests.benchmarks.in_jax.learning import Step, supervised
from tests.benchmarks.in_jax.network import Network, Shapes, cross_entropy, dense
from tests.benchmarks.workloads.mlp import MLP


def shapes(workload: MLP) -> tuple[Shapes]:
    """Of each network, its parameters and buffers."""
    found: Shapes = {}
    for place, (inputs, outputs) in enumerate(pairwise(workload.widths)):
        found |= dense(str(2 * place), inputs, outputs)
    return (found,)


def step(workload: MLP) -> Step:
    """One step of training."""
    last = 2 * (len(workload.widths) - 2)

    def loss(network: Network, x: Any, targets: Any) -> Any:
        for place in range(0, last, 2):
            x = jax.nn.relu(network.linear(str(place), x))
        return cross_entropy(network.linear(str(last), x), targets)

    return supervised(loss)
