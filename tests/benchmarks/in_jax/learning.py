"""A training step in plain JAX: gradients, Adam written out, one jitted function of the whole state."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.in_jax.network import Named, Network, Shapes

RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8

State = dict[str, Any]
Forward = Callable[..., Any]
Step = Callable[..., tuple[Any, Any]]

RUNNING = ("running_mean", "running_var")


def initial(shapes: Shapes, draw: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Weights uniform in ±1/√fan_in, biases and running means zero, scales and running variances one."""
    values = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            value = np.full(shape, name.endswith((".weight", "_var")), dtype=np.float32)
        else:
            bound = float(np.prod(shape[1:])) ** -0.5
            value = draw.uniform(-bound, bound, shape).astype(np.float32)
        values[name] = value
    return values


def start(values: dict[str, Any], seed: int = 0) -> State:
    """The state of one network and its optimizer."""
    # Copied: the state's memory is given to each next step, and a shared array would be given twice.
    parameters = {name: jnp.array(value) for name, value in values.items() if not name.endswith(RUNNING)}
    return {
        "parameters": parameters,
        "buffers": {name: jnp.array(value) for name, value in values.items() if name.endswith(RUNNING)},
        "first": jax.tree.map(jnp.zeros_like, parameters),
        "second": jax.tree.map(jnp.zeros_like, parameters),
        "count": jnp.zeros((), dtype=jnp.float32),
        # XLA's own generator: on a CPU several times as fast as JAX's default.
        "key": jax.random.key(seed, impl="rbg"),
    }


def adam(state: State, gradients: Named) -> State:
    """θ ← θ - rate m̂ / (√v̂ + ε) (Kingma and Ba 2015)."""
    count = state["count"] + 1
    first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, state["first"], gradients)
    second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, state["second"], gradients)
    rate, root = RATE / (1 - BETA1**count), jnp.sqrt(1 - BETA2**count)
    parameters = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) / root + EPSILON), state["parameters"], first, second
    )
    return state | {"parameters": parameters, "first": first, "second": second, "count": count}


def supervised(loss: Callable[..., Any]) -> Step:
    """One step of one network that minimises `loss(network, *batch)`."""

    def forward(parameters: Named, buffers: Named, key: Any, *batch: Any) -> Any:
        network = Network(parameters, buffers, key)
        return loss(network, *batch), buffers | network.moved

    @partial(jax.jit, donate_argnums=0)
    def step(states: tuple[State, ...], *batch: Any) -> tuple[Any, Any]:
        (state,) = states
        key, drawn = jax.random.split(state["key"])
        learn = jax.value_and_grad(forward, has_aux=True)
        (value, buffers), gradients = learn(state["parameters"], state["buffers"], drawn, *batch)
        return (adam(state, gradients) | {"buffers": buffers, "key": key},), value

    return step
