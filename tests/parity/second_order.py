"""A call's gradients of second order: the gradient of its first ones along a random direction."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import engine
from engine.testing import numeric_direction
from tests.parity.names import our_function
from tests.parity.reasons import reason_for
from tests.parity.samples import samples_of
from tests.parity.settings import SEED
from tests.parity.translate import Call, leaves_of, our_call, their_call

# How many samples an entry is tried with, and how many numbers they may hold; one is tried however large.
TRIED, LARGEST = 12, 500


def samples_tried(entry: Any) -> list[Any]:
    """Small samples of float64 with a tensor to differentiate, spread over all that there are."""
    given = [sample for _, sample in samples_of(entry, torch.float64) if size_of(sample)]
    small = [sample for sample in given if size_of(sample) <= LARGEST] or sorted(given, key=size_of)[:1]
    usable = [sample for sample in small if reason_for(entry, sample) is None]
    return usable[:: max(1, -(-len(usable) // TRIED))]


def size_of(sample: Any) -> int:
    """How many numbers a sample is differentiated in."""
    leaves = leaves_of([sample.input, *sample.args, sample.kwargs])
    return sum(leaf.numel() for leaf in leaves if isinstance(leaf, torch.Tensor) and leaf.requires_grad)


def their_second(entry: Any, sample: Any) -> list[np.ndarray] | None:
    """PyTorch's, zeros where there is no connection; None where it has no derivative of a derivative."""
    try:
        return _second(torch, entry.op, sample, their_call(sample))
    except (RuntimeError, NotImplementedError) as error:
        if any(word in str(error) for word in ("derivative", "not implemented", "differentiable")):
            return None
        raise


def our_second(entry: Any, sample: Any) -> list[np.ndarray] | None:
    """Ours."""
    return _second(engine, our_function(entry), sample, our_call(sample))


def numeric_second(entry: Any, sample: Any, ways: list[np.ndarray]) -> float:
    """The change of our first gradients, as far as they go in the first direction, along `ways`."""

    def slope(arrays: Any) -> float:
        call = our_call(sample)
        with engine.no_grad():
            for leaf, array in zip(call.leaves, arrays, strict=True):
                leaf.copy_(engine.from_numpy(array))
        return float(_slope(engine, our_function(entry), sample, call))

    points = [leaf.detach().numpy().copy() for leaf in our_call(sample).leaves]
    return numeric_direction(slope, points, ways, step=1e-5)


def _second(library: Any, function: Callable[..., Any] | None, sample: Any, call: Call) -> list[np.ndarray] | None:
    slope = _slope(library, function, sample, call)
    if slope is None:
        return None
    wanted = getattr(slope, "requires_grad", False)
    found = library.autograd.grad(slope, call.leaves, allow_unused=True) if wanted else [None] * len(call.leaves)
    return [
        np.zeros(tuple(leaf.shape)) if each is None else _array(each)
        for each, leaf in zip(found, call.leaves, strict=True)
    ]


def _slope(library: Any, function: Callable[..., Any] | None, sample: Any, call: Call) -> Any:
    """The first gradients' product with normal numbers; None where the call has none."""
    assert function is not None
    results = sample.output_process_fn_grad(function(*call.args, **call.kwargs))
    wanting = [each for each in leaves_of(results) if getattr(each, "requires_grad", False)]
    outputs = [library.view_as_real(each.resolve_conj()) if each.is_complex() else each for each in wanting]
    if not outputs:
        return None
    rng = np.random.default_rng(SEED)

    def normal(like: Any) -> Any:
        return library.from_numpy(np.array(rng.standard_normal(tuple(like.shape))))

    first = library.autograd.grad(
        outputs, call.leaves, list(map(normal, outputs)), create_graph=True, allow_unused=True
    )
    directions = list(map(normal, call.leaves))
    return sum((one * way).sum() for one, way in zip(first, directions, strict=True) if one is not None)


def _array(tensor: Any) -> np.ndarray:
    # PyTorch's zeros without memory become plain ones.
    return np.asarray((tensor.detach() + 0).numpy())
