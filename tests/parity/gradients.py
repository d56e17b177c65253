"""The gradients of a call for its arguments, by PyTorch and by the engine, from the same upstream gradients."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import engine
from tests.parity.compare import Disagreement, compare
from tests.parity.settings import SEED
from tests.parity.tolerances import Tolerance
from tests.parity.translate import Call, leaves_of

# PyTorch's gradient for the input is kept where it was written over, and lost elsewhere; its database says so too.
WRONG_IN_PYTORCH = frozenset({"as_strided_scatter"})


def compare_gradients(
    ours: Any,
    our_call: Call,
    theirs: Any,
    their_call: Call,
    visible: Callable[[Any], Any],
    tolerances: dict[str, Tolerance],
) -> None:
    """Raise Disagreement unless gradients are the same for random upstream ones of all outputs.

    `visible` takes the results to those functions of them whose gradients are defined: the database's own, which takes
    the signs out of eigenvectors.
    """
    for our_leaf, their_leaf in zip(leaves_of(ours), leaves_of(theirs), strict=True):
        if isinstance(their_leaf, torch.Tensor) and our_leaf.requires_grad != their_leaf.requires_grad:
            raise Disagreement(f"requires_grad: {our_leaf.requires_grad}, PyTorch gives {their_leaf.requires_grad}")
    outputs = [_differentiable(leaves_of(visible(each))) for each in (ours, theirs)]
    if not outputs[1] or not their_call.leaves:
        return
    upstream = _upstream(outputs[1])
    expected = _their_gradients(outputs[1], their_call.leaves, upstream)
    if expected is None:
        return
    given = [engine.from_numpy(each).to(output.dtype) for each, output in zip(upstream, outputs[0], strict=True)]
    found = engine.autograd.grad(outputs[0], our_call.leaves, given, allow_unused=True)
    for position, (our_gradient, their_gradient) in enumerate(zip(found, expected, strict=True)):
        if their_gradient is not None or our_gradient is not None:
            # PyTorch's undefined gradient stands for zeros.
            zeros = torch.zeros_like(their_call.leaves[position])
            theirs_or_zeros = zeros if their_gradient is None else their_gradient
            compare(our_gradient, theirs_or_zeros, f"gradient of tensor {position}", tolerances)


def _differentiable(outputs: list[Any]) -> list[Any]:
    return [each for each in outputs if getattr(each, "requires_grad", False)]


def _upstream(outputs: list[torch.Tensor]) -> list[np.ndarray]:
    rng = np.random.default_rng(SEED)
    return [_normal(rng, tuple(each.shape), each.is_complex()) for each in outputs]


def _normal(rng: np.random.Generator, shape: tuple[int, ...], is_complex: bool) -> np.ndarray:
    real = np.asarray(rng.standard_normal(shape))
    return np.asarray(real + 1j * rng.standard_normal(shape)) if is_complex else real


def _their_gradients(outputs: list[torch.Tensor], leaves: list[Any], upstream: list[np.ndarray]) -> Any:
    """PyTorch's gradients; None where it has no derivative."""
    given = [torch.from_numpy(each).to(output.dtype) for each, output in zip(upstream, outputs, strict=True)]
    try:
        return torch.autograd.grad(outputs, leaves, given, allow_unused=True)
    except (NotImplementedError, RuntimeError) as error:
        if "derivative" in str(error) or "not implemented" in str(error):
            return None
        raise
