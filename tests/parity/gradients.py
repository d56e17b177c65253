"""A call's results and gradients, by PyTorch and by the engine, from the same upstream gradients."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

import engine
from tests.parity.settings import SEED
from tests.parity.translate import leaves_of, our_call, their_call

# PyTorch's gradient for the input is kept where it was written over, and lost elsewhere; its database says so too.
WRONG_IN_PYTORCH = frozenset({"as_strided_scatter"})


class Evaluation(NamedTuple):
    """What a call returns, and the gradients for the tensors that need one; none where PyTorch has no derivative."""

    result: Any
    gradients: list[Any]


def their_evaluation(entry: Any, sample: Any) -> Evaluation:
    """PyTorch's results and gradients."""
    call = their_call(sample)
    result = entry.op(*call.args, **call.kwargs)
    # What the database itself makes of results whose gradients are not defined, as of the signs of eigenvectors.
    outputs = _differentiable(sample.output_process_fn_grad(result))
    if not outputs or not call.leaves or entry.name in WRONG_IN_PYTORCH:
        return Evaluation(result, [])
    upstream = [torch.from_numpy(each).to(output.dtype) for each, output in _upstream(outputs)]
    try:
        found = torch.autograd.grad(outputs, call.leaves, upstream, allow_unused=True)
    except RuntimeError as error:
        if "derivative" in str(error) or "not implemented" in str(error):
            return Evaluation(result, [])
        raise
    return Evaluation(result, list(found))


def our_evaluation(function: Callable[..., Any], sample: Any, check: Callable[[Any], None]) -> Evaluation:
    """Our results and gradients; `check` sees the results before gradients are asked for."""
    call = our_call(sample)
    result = function(*call.args, **call.kwargs)
    check(result)
    outputs = _differentiable(sample.output_process_fn_grad(result))
    if not outputs or not call.leaves:
        return Evaluation(result, [])
    upstream = [engine.from_numpy(each).to(output.dtype) for each, output in _upstream(outputs)]
    return Evaluation(result, list(engine.autograd.grad(outputs, call.leaves, upstream, allow_unused=True)))


def _differentiable(results: Any) -> list[Any]:
    return [each for each in leaves_of(results) if getattr(each, "requires_grad", False)]


def _upstream(outputs: list[Any]) -> list[tuple[np.ndarray, Any]]:
    rng = np.random.default_rng(SEED)
    return [(_normal(rng, tuple(each.shape), each.is_complex()), each) for each in outputs]


def _normal(rng: np.random.Generator, shape: tuple[int, ...], is_complex: bool) -> np.ndarray:
    real = np.asarray(rng.standard_normal(shape))
    return np.asarray(real + 1j * rng.standard_normal(shape)) if is_complex else real
