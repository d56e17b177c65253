"""Runs: the first and the second run of a function, in the same modes, with the same draws and one set of writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from engine.autograd.modes import Switch, modes
from engine.autograd.rerun import FirstPass, SecondPass
from engine.autograd.tensor_base import TensorBase


class Runs:
    """A function that runs now, and again when backward asks for it."""

    def __init__(self, function: Callable[..., Any], same_draws: bool) -> None:
        self.function = function
        self.same_draws = same_draws
        self.noted = FirstPass()
        self.scope = modes.state.scope
        self.kernels = modes.state.kernels

    def first(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function's result; RuntimeError if it gives an argument another history by writing into it."""
        histories = [(each, each.node) for each in (*args, *kwargs.values()) if isinstance(each, TensorBase)]
        with self.noted.running():
            result = self.function(*args, **kwargs)
        for tensor, node in histories:
            if tensor.node is not node:
                raise RuntimeError(
                    f"checkpoint: the function writes into its argument of shape {list(tensor.shape)}, which it needs "
                    "as it was when it runs again for backward; clone() it inside"
                )
        return result

    @contextmanager
    def again(self, **settings: Any) -> Iterator[None]:
        """The block is the second run: gradients on, module path and kernels as at first."""
        as_at_first = Switch(grad=True, inference=False, scope=self.scope, kernels=self.kernels, **settings)
        with ExitStack() as stack:
            stack.enter_context(as_at_first)
            stack.enter_context(SecondPass(self.noted, self.same_draws).running())
            yield


def anew(tensor: Any, needs_gradient: bool) -> Any:
    """The same memory as a leaf of its own, so that a second run's graph ends there."""
    return tensor.detach().requires_grad_(needs_gradient)
