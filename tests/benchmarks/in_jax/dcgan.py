"""The generator and the discriminator in plain JAX: one jitted step trains both."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from tests.benchmarks.in_jax.learning import State, Step, adam
from tests.benchmarks.in_jax.network import Named, Network, Shapes, channels_last, dense, kernels, statistics
from tests.benchmarks.workloads.dcgan import DCGAN


def shapes(workload: DCGAN) -> tuple[Shapes, Shapes]:
    """Of each network, its parameters and buffers."""
    deep, shallow = workload.channels
    quarter = workload.side // 4
    generator = {
        **kernels("0", workload.noise, deep, quarter),
        **statistics("1", deep),
        **kernels("3", deep, shallow, 4),
        **statistics("4", shallow),
        **kernels("6", shallow, 1, 4, bias=1),
    }
    discriminator = {
        **kernels("0", shallow, 1, 4, bias=shallow),
        **kernels("2", deep, shallow, 4),
        **statistics("3", deep),
        **dense("6", deep * quarter * quarter, 1),
    }
    return generator, discriminator


def generated(network: Network, noise: Any) -> Any:
    """Images from noise."""
    x = network.transposed_convolution("0", channels_last(noise))
    x = jax.nn.relu(network.batch_norm("1", x))
    x = network.transposed_convolution("3", x, stride=2, padding=1)
    x = jax.nn.relu(network.batch_norm("4", x))
    return jnp.tanh(network.transposed_convolution("6", x, stride=2, padding=1))


def judged(network: Network, images: Any) -> Any:
    """Scores: above zero for images that look real."""
    x = jax.nn.leaky_relu(network.convolution("0", images, stride=2, padding=1), 0.2)
    x = network.convolution("2", x, stride=2, padding=1)
    x = jax.nn.leaky_relu(network.batch_norm("3", x), 0.2)
    return network.linear("6", x.transpose(0, 3, 1, 2).reshape(len(x), -1))


def entropy(scores: Any, real: bool) -> Any:
    """The mean binary cross entropy of scores that should all say the same."""
    return jax.nn.softplus(-scores if real else scores).mean()


def make(parameters: Named, state: State, noise: Any) -> tuple[Any, Named]:
    """Made images, and the generator's new buffers."""
    network = Network(parameters, state["buffers"], state["key"])
    return generated(network, noise), network.moved


def unmask(parameters: Named, state: State, real: Any, made: Any) -> tuple[Any, Named]:
    """The discriminator's loss, and its new buffers."""
    network = Network(parameters, state["buffers"], state["key"])
    return entropy(judged(network, real), True) + entropy(judged(network, made), False), network.moved


def deceive(made: Any, state: State) -> tuple[Any, Named]:
    """The generator's loss, and the discriminator's new buffers."""
    network = Network(state["parameters"], state["buffers"], state["key"])
    return entropy(judged(network, made), True), network.moved


def step(workload: DCGAN) -> Step:
    """One step of training of both networks; the images are made once."""

    @partial(jax.jit, donate_argnums=0)
    def step(states: tuple[State, State], real: Any, noise: Any) -> tuple[Any, Any]:
        generator, discriminator = states
        made, back, moved = jax.vjp(lambda each: make(each, generator, noise), generator["parameters"], has_aux=True)
        generator = generator | {"buffers": moved}

        learn = jax.value_and_grad(unmask, has_aux=True)
        (unmasked, moved), gradients = learn(discriminator["parameters"], discriminator, channels_last(real), made)
        discriminator = adam(discriminator | {"buffers": moved}, gradients)

        (deceived, moved), through = jax.value_and_grad(deceive, has_aux=True)(made, discriminator)
        discriminator = discriminator | {"buffers": moved}
        (gradients,) = back(through)
        return (adam(generator, gradients), discriminator), unmasked + deceived

    return step
