"""The residual network in plain JAX."""

from __future__ import annotations

from typing import Any

import jax

from tests.benchmarks.in_jax.learning import Step, supervised
from tests.benchmarks.in_jax.network import (
    Network,
    Shapes,
    channels_last,
    cross_entropy,
    dense,
    kernels,
    statistics,
)
from tests.benchmarks.workloads.resnet import CLASSES, ResNet, Stage

# The blocks follow a convolution, a normalisation and a ReLU.
BEFORE = 3


def shapes(workload: ResNet) -> tuple[Shapes]:
    """Of each network, its parameters and buffers."""
    found = kernels("0", workload.width, 3, 3) | statistics("1", workload.width)
    stages = list(workload.stages())
    for place, (inputs, outputs, _, _) in enumerate(stages, start=BEFORE):
        found |= kernels(f"{place}.conv1", outputs, inputs, 3) | statistics(f"{place}.norm1", outputs)
        found |= kernels(f"{place}.conv2", outputs, outputs, 3) | statistics(f"{place}.norm2", outputs)
        if inputs != outputs:
            found |= kernels(f"{place}.shortcut.0", outputs, inputs, 1) | statistics(f"{place}.shortcut.1", outputs)
    return (found | dense(str(BEFORE + len(stages) + 2), 4 * workload.width, CLASSES),)


def block(network: Network, name: str, x: Any, stage: Stage) -> Any:
    """One residual block: relu(shortcut(x) + bn(conv(relu(bn(conv(x))))))."""
    y = network.convolution(f"{name}.conv1", x, stage.stride, padding=1)
    y = network.convolution(f"{name}.conv2", jax.nn.relu(network.batch_norm(f"{name}.norm1", y)), padding=1)
    if stage.inputs != stage.outputs:
        x = network.convolution(f"{name}.shortcut.0", x, stage.stride)
        x = network.batch_norm(f"{name}.shortcut.1", x)
    return jax.nn.relu(network.batch_norm(f"{name}.norm2", y) + x)


def step(workload: ResNet) -> Step:
    """One step of training."""
    stages = list(workload.stages())

    def loss(network: Network, images: Any, targets: Any) -> Any:
        x = network.convolution("0", channels_last(images), padding=1)
        x = jax.nn.relu(network.batch_norm("1", x))
        for place, stage in enumerate(stages, start=BEFORE):
            x = block(network, str(place), x, stage)
        return cross_entropy(network.linear(str(BEFORE + len(stages) + 2), x.mean((1, 2))), targets)

    return supervised(loss)
