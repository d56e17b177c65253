"""Batch and layer normalisation beside PyTorch, running statistics included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.autograd.gradients import grad
from engine.autograd.tensor_base import wrap
from engine.ops.normalisations.batch_normalisation import batch_norm
from engine.ops.normalisations.layer_normalisation import layer_norm
from engine.tensors import Tensor
from engine.testing.agreement import agree

torch = pytest.importorskip("torch", reason="pip install 'galley[parity]'")
pytestmark = [
    pytest.mark.parity,
    # Batches of nothing have no mean.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]
functional = torch.nn.functional

RNG = np.random.default_rng(5)
TOLERANCES = {"float16": 6e-3, "float32": 2e-5, "float64": 1e-10}


def with_running(function: Callable[..., Any], training: bool, make: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
    """Batch norm that returns its output and what became of the running statistics."""

    def normalise(input: Any, weight: Any, bias: Any, mean: Any, var: Any) -> Any:
        running = make(mean), make(var)
        return function(input, *running, weight, bias, training, 0.3, 1e-3), *running

    return normalise


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (2, 3, 4, 5), (1, 3), (1, 3, 2), (0, 3), (4, 3, 0)])
def test_batch_norm_and_its_running_statistics(shape: tuple[int, ...], training: bool, dtype: str) -> None:
    input, weight, bias = (RNG.normal(size=each).astype(dtype) for each in (shape, 3, 3))
    mean, var = RNG.normal(size=3).astype(dtype), RNG.uniform(0.5, 2, 3).astype(dtype)

    def ours(*tensors: Any) -> Any:
        return with_running(batch_norm, training, lambda array: wrap(Tensor, array.copy()))(*tensors, mean, var)

    def theirs(*tensors: Any) -> Any:
        return with_running(functional.batch_norm, training, torch.tensor)(*tensors, mean, var)

    agree(ours, theirs, input, weight, bias, tolerance=TOLERANCES[dtype])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"training": True},
        {"running_mean": np.ones(4), "running_var": np.ones(4)},
        {"weight": np.ones(4), "training": True},
    ],
)
def test_batch_norm_without_parts_or_with_wrong_ones(options: dict[str, Any]) -> None:
    parts = {"running_mean": None, "running_var": None, **options}
    agree(batch_norm, functional.batch_norm, RNG.normal(size=(5, 3)), **parts)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("normalized", [(4,), (3, 4), (2, 3, 4), (3,), ()])
def test_layer_norm(normalized: tuple[int, ...], dtype: str) -> None:
    agree(
        lambda input, weight, bias: layer_norm(input, normalized, weight, bias),
        lambda input, weight, bias: functional.layer_norm(input, normalized, weight, bias),
        *(np.asarray(RNG.normal(size=each)).astype(dtype) for each in ((2, 3, 4), normalized, normalized)),
        tolerance=TOLERANCES[dtype],
    )


@pytest.mark.parametrize("name", ["batch", "layer"])
def test_second_gradients(name: str) -> None:
    arrays = [RNG.normal(size=each) for each in ((4, 3, 2), 3, 3)]
    if name == "layer":
        arrays = [RNG.normal(size=each) for each in ((4, 3), 3, 3)]
    probes = [RNG.normal(size=each.shape) for each in arrays]

    def second(tensors: list[Any], normalise: Callable[..., Any], differentiate: Any, make: Any) -> list[Any]:
        output = normalise(*tensors)
        first = differentiate((output * output * output).sum(), tensors, create_graph=True)
        along = sum((each * make(probe)).sum() for each, probe in zip(first, probes, strict=True))
        return list(differentiate(along, tensors))

    def of(batch: Any, layer: Any) -> Callable[..., Any]:
        if name == "batch":
            return lambda input, weight, bias: batch(input, None, None, weight, bias, True)
        return lambda input, weight, bias: layer(input, (3,), weight, bias)

    ours = second(
        [wrap(Tensor, each).requires_grad_() for each in arrays],
        of(batch_norm, layer_norm),
        grad,
        lambda a: wrap(Tensor, a),
    )
    theirs = second(
        [torch.tensor(each).requires_grad_() for each in arrays],
        of(functional.batch_norm, functional.layer_norm),
        torch.autograd.grad,
        torch.tensor,
    )
    for mine, right in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.array, right.numpy(), rtol=1e-9, atol=1e-9)
