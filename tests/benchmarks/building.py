"""From a side and a workload to a step and its batches, in the library's own terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from types import ModuleType
from typing import Any

from tests.benchmarks.sides import Side

RATE = 1e-3


def load(side: Side) -> ModuleType:
    """The side's library, with all that its steps will import; to be called before anything loads NumPy."""
    library = import_module(side.library)
    if side.library == "jax":
        import_module("tests.benchmarks.in_jax.models")
    return library


def find(name: str, changes: dict[str, Any] | None = None) -> Any:
    """A workload of the catalogue, at other sizes where `changes` say so; lists come from JSON and stand for tuples."""
    workload = import_module("tests.benchmarks.workloads.catalogue").CATALOGUE[name].workload
    sizes = {key: tuple(value) if isinstance(value, list) else value for key, value in (changes or {}).items()}
    return replace(workload, **sizes)


def build(side: Side, library: ModuleType, workload: Any, arrays: Sequence[Any]) -> tuple[Any, list[Any]]:
    """A function of a batch that trains on it and returns the loss, and the batches that it takes."""
    if side.library == "jax":
        jax = import_module("jax")
        return jax_step(workload), [tuple(jax.numpy.asarray(array) for array in batch) for batch in arrays]
    batches = [laid_out(side, library, workload, map(library.from_numpy, batch)) for batch in arrays]
    return pytorch_step(side, library, workload), batches


def pytorch_step(side: Side, torch: ModuleType, workload: Any) -> Any:
    """The step in PyTorch's words, for PyTorch and for the engine: the same lines."""
    torch.manual_seed(0)
    networks = workload.networks(torch)
    if side.tuned and workload.images:
        networks = tuple(network.to(memory_format=torch.channels_last) for network in networks)
    options = {"fused": True} if side.tuned else {}
    optimizers = [torch.optim.Adam(network.parameters(), lr=RATE, **options) for network in networks]
    if side.compiles == "forward":
        return workload.step(torch, networks, optimizers, torch.compile)
    step = workload.step(torch, networks, optimizers)
    return torch.compile(step) if side.compiles == "step" else step


def laid_out(side: Side, torch: ModuleType, workload: Any, batch: Any) -> tuple[Any, ...]:
    """A batch in the memory layout that suits the side."""
    if not (side.tuned and workload.images):
        return tuple(batch)
    return tuple(x.to(memory_format=torch.channels_last) if x.dim() == 4 else x for x in batch)


def jax_step(workload: Any) -> Any:
    """The step in plain JAX, its state kept here."""
    numpy = import_module("numpy")
    learning, models = (import_module(f"tests.benchmarks.in_jax.{name}") for name in ("learning", "models"))
    model, draw = models.MODELS[type(workload)], numpy.random.default_rng(0)
    states = tuple(learning.start(learning.initial(shapes, draw)) for shapes in model.shapes(workload))
    advance = model.step(workload)

    def step(*batch: Any) -> Any:
        nonlocal states
        states, loss = advance(states, *batch)
        return loss

    return step
