"""Every workload trains, and trains the same wherever it is run: in the engine, eager and compiled, PyTorch and JAX."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import engine
from tests.benchmarks.tiny import TINY
from tests.benchmarks.workloads.catalogue import CATALOGUE
from tests.benchmarks.workloads.encoder import Encoder
from tests.benchmarks.workloads.workload import Workload

# Chance differs from library to library.
SAME = {
    name: replace(workload, dropout=0.0) if isinstance(workload, Encoder) else workload
    for name, workload in TINY.items()
}
STEPS = 3

Networks = tuple[Any, ...]
States = list[dict[str, np.ndarray]]


def built(torch: ModuleType, workload: Workload) -> Networks:
    torch.manual_seed(0)
    return workload.networks(torch)


def states_of(networks: Networks) -> States:
    return [
        {name: np.array(value.detach().numpy()) for name, value in network.state_dict().items()} for network in networks
    ]


def batches(workload: Workload, count: int) -> list[tuple[np.ndarray, ...]]:
    draw = np.random.default_rng(1)
    return [workload.arrays(draw) for _ in range(count)]


def losses(
    torch: Any,
    workload: Workload,
    networks: Networks,
    arrays: list[Any],
    whole: Callable[[Any], Any] = lambda step: step,
) -> list[float]:
    """Of each step, with Adam."""
    optimizers = [torch.optim.Adam(network.parameters(), lr=1e-3) for network in networks]
    step = whole(workload.step(torch, networks, optimizers))
    return [float(step(*(torch.from_numpy(array) for array in batch))) for batch in arrays]


@pytest.mark.parametrize("name", [name for name in TINY if name != "dcgan"])
def test_a_workload_learns_its_batch(name: str) -> None:
    workload = SAME[name]
    found = losses(engine, workload, built(engine, workload), batches(workload, 1) * 10)
    assert all(math.isfinite(loss) for loss in found)
    assert found[-1] < found[0]


def test_both_networks_of_the_dcgan_are_trained() -> None:
    workload = TINY["dcgan"]
    networks = built(engine, workload)
    before = states_of(networks)
    assert all(math.isfinite(loss) for loss in losses(engine, workload, networks, batches(workload, 2)))
    for old, new in zip(before, states_of(networks), strict=True):
        still = [name for name in old if np.array_equal(old[name], new[name])]
        # Where a normalisation follows, or the loss does not see it, a value may keep; weights have no such excuse.
        assert not [name for name in still if name.endswith("weight")]


@pytest.mark.parametrize("name", TINY)
def test_compiled_losses_are_the_eager_ones(name: str) -> None:
    workload = TINY[name]
    arrays = batches(workload, STEPS)
    eager = losses(engine, workload, built(engine, workload), arrays)
    with warnings.catch_warnings():
        # What can't be recorded runs as it is, after a warning that the benchmark reports.
        warnings.filterwarnings("ignore", ".* runs without its recording", RuntimeWarning)
        compiled = losses(engine, workload, built(engine, workload), arrays, engine.compile)
    np.testing.assert_allclose(compiled, eager, rtol=1e-5)


def test_every_kind_of_workload_is_tested() -> None:
    assert {type(entry.workload) for entry in CATALOGUE.values()} == {type(each) for each in TINY.values()}


@pytest.mark.parity
@pytest.mark.parametrize("name", SAME)
def test_losses_are_those_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    workload = SAME[name]
    networks, others = built(engine, workload), built(torch, workload)
    for state, other in zip(states_of(networks), others, strict=True):
        other.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    arrays = batches(workload, STEPS)
    found = losses(engine, workload, networks, arrays)
    np.testing.assert_allclose(found, losses(torch, workload, others, arrays), rtol=1e-4)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:TF32 acceleration")
@pytest.mark.parametrize("name", SAME)
def test_products_are_what_pytorch_multiplies(name: str) -> None:
    torch = pytest.importorskip("torch")
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    workload = SAME[name]
    networks = built(torch, workload)
    # Its counter sees products, but not into fused layers.
    apart = sdpa_kernel(SDPBackend.MATH), torch.backends.mkldnn.flags(enabled=False)
    with FlopCounterMode(display=False) as counter, apart[0], apart[1]:
        losses(torch, workload, networks, batches(workload, 1))
    assert sum(product.operations for product in workload.products()) == counter.get_total_flops()


@pytest.mark.parity
@pytest.mark.parametrize("name", SAME)
def test_losses_are_those_of_jax(name: str) -> None:
    jax = pytest.importorskip("jax")
    from tests.benchmarks.in_jax.learning import start
    from tests.benchmarks.in_jax.models import MODELS

    workload = SAME[name]
    model = MODELS[type(workload)]
    networks = built(engine, workload)
    states = [
        {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
        for state in states_of(networks)
    ]
    assert [{key: value.shape for key, value in state.items()} for state in states] == list(model.shapes(workload))
    arrays = batches(workload, STEPS)
    step, there, found = model.step(workload), tuple(start(state) for state in states), []
    for batch in arrays:
        there, loss = step(there, *(jax.numpy.asarray(array) for array in batch))
        found.append(float(loss))
    np.testing.assert_allclose(losses(engine, workload, networks, arrays), found, rtol=1e-4)
