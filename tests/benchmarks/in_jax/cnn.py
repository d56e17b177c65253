"""The small convolutional network in plain JAX."""

from __future__ import annotations

from typing import Any

import jax

from tests.benchmarks.in_jax.learning import Step, supervised
from tests.benchmarks.in_jax.network import Network, Shapes, channels_last, cross_entropy, dense, halved, kernels
from tests.benchmarks.workloads.cnn import CLASSES, CNN


def shapes(workload: CNN) -> tuple[Shapes]:
    """Of each network, its parameters and buffers."""
    first, second = workload.channels
    return (
        {
            **kernels("0", first, 1, 3, bias=first),
            **kernels("3", second, first, 3, bias=second),
            **dense("7", second * (workload.side // 4) ** 2, workload.hidden),
            **dense("9", workload.hidden, CLASSES),
        },
    )


def step(workload: CNN) -> Step:
    """One step of training."""

    def loss(network: Network, images: Any, targets: Any) -> Any:
        x = channels_last(images)
        x = halved(jax.nn.relu(network.convolution("0", x, padding=1)))
        x = halved(jax.nn.relu(network.convolution("3", x, padding=1)))
        # Flattened in PyTorch's order, so that the weights mean the same.
        x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)
        return cross_entropy(network.linear("9", jax.nn.relu(network.linear("7", x))), targets)

    return supervised(loss)
