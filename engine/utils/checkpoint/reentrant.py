"""The reentrant form: forward without gradients, and a backward inside the backward."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from engine.autograd.function import Function
from engine.autograd.gradients import backward
from engine.autograd.modes import modes
from engine.autograd.tensor_base import TensorBase
from engine.utils.checkpoint.runs import Runs, anew


def run_reentrant(function: Callable[..., Any], args: tuple[Any, ...], same_draws: bool) -> Any:
    """The function's result, with a node that runs it again and walks back through that."""
    if modes.state.grad and not any(isinstance(each, TensorBase) and each.requires_grad for each in args):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=3)
    return Reentrant.apply(Runs(function, same_draws), *args)


class Reentrant(Function):
    """A function whose backward runs it again."""

    @staticmethod
    def forward(ctx: Any, runs: Runs, *args: Any) -> Any:
        """Run without gradients, and keep the arguments."""
        ctx.runs = runs
        ctx.rest = [None if isinstance(each, TensorBase) else each for each in args]
        ctx.save_for_backward(*(each if isinstance(each, TensorBase) else None for each in args))
        return runs.first(args, {})

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Run with gradients, and walk back."""
        if modes.state.chosen_targets:
            raise RuntimeError(
                "When use_reentrant=True, checkpoint is incompatible with .grad() or passing an `inputs` parameter to "
                ".backward(). To resolve this error, you can either set use_reentrant=False, or call .backward() "
                "without passing the `inputs` argument."
            )
        if modes.state.grad:
            raise RuntimeError(
                "checkpoint with use_reentrant=True has no second derivative, which create_graph=True asks for: set "
                "use_reentrant=False"
            )
        args = tuple(
            other if tensor is None else anew(tensor, tensor.requires_grad)
            for tensor, other in zip(ctx.saved_tensors, ctx.rest, strict=True)
        )
        with ctx.runs.again(packing=None):
            answer = ctx.runs.function(*args)
        outputs = answer if isinstance(answer, tuple) else (answer,)
        pairs = [
            (output, gradient)
            for output, gradient in zip(outputs, gradients, strict=True)
            if isinstance(output, TensorBase) and output.requires_grad
        ]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        starts, upstream = zip(*pairs, strict=True)
        backward(starts, upstream)
        return None, *(each.gradient if isinstance(each, TensorBase) else None for each in args)
