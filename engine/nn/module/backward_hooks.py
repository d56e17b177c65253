"""Full backward hooks: two identity Functions, around a module's inputs and outputs, that see the gradients pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.function import Function
from engine.autograd.tensor_base import TensorBase

Gradients = tuple[Any, ...]


class BackwardHooks:
    """One call's record: gradients of the outputs are noted as they enter, the hooks run as the inputs' leave."""

    def __init__(self, module: Any, hooks: list[Callable[..., Any]], pre_hooks: list[Callable[..., Any]]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.input_places: list[int] = []
        self.output_places: list[int] = []
        self.inputs = 0
        self.outputs = 0
        self.grad_output: Gradients | None = None

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The positional arguments, those that need gradients behind a node of ours."""
        self.inputs = len(args)
        self.input_places = _differentiable(args)
        return _watched(args, self.input_places, self.leave)

    def watch_outputs(self, output: Any) -> Any:
        """The output, its tensors that need gradients behind a node of ours."""
        outputs = output if isinstance(output, tuple) else (output,)
        self.outputs = len(outputs)
        self.output_places = _differentiable(outputs)
        watched = _watched(outputs, self.output_places, self.enter)
        return watched if isinstance(output, tuple) else watched[0]

    def enter(self, gradients: Gradients) -> Gradients:
        """Gradients of the outputs arrive: pre-hooks may replace them; with no inputs to wait for, hooks run now."""
        grad_output = _spread(gradients, self.output_places, self.outputs)
        for hook in self.pre_hooks:
            replaced = hook(self.module, grad_output)
            grad_output = grad_output if replaced is None else _as_tuple(replaced)
        self.grad_output = grad_output
        if not self.input_places:
            self.grad_output = None
            for hook in self.hooks:
                if hook(self.module, (None,) * self.inputs, grad_output) is not None:
                    raise RuntimeError(
                        "Backward hooks for Modules where no input requires gradient should always return None "
                        "or None for all gradients."
                    )
        return tuple(grad_output[place] for place in self.output_places)

    def leave(self, gradients: Gradients) -> Gradients:
        """Gradients of the inputs are known: the hooks may replace them.

        What did not come by the outputs, as in a second derivative, passes by the hooks.
        """
        if self.grad_output is None:
            return gradients
        grad_output, self.grad_output = self.grad_output, None
        grad_input = _spread(gradients, self.input_places, self.inputs)
        for hook in self.hooks:
            replaced = hook(self.module, grad_input, grad_output)
            if replaced is None:
                continue
            replaced = _as_tuple(replaced)
            if len(replaced) != len(grad_input):
                raise RuntimeError(
                    f"Backward hook returned an invalid number of grad_input, got {len(replaced)}, "
                    f"but expected {len(grad_input)}"
                )
            grad_input = replaced
        return tuple(grad_input[place] for place in self.input_places)


class Watch(Function):
    """The identity; its gradients pass through `seen`."""

    @staticmethod
    def forward(ctx: Any, seen: Callable[[Gradients], Gradients], *tensors: Any) -> tuple[Any, ...]:
        """The tensors, unchanged."""
        ctx.seen = seen
        return tensors

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Gradients:
        """What `seen` makes of the gradients."""
        return None, *ctx.seen(gradients)


def _watched(values: tuple[Any, ...], places: list[int], seen: Callable[[Gradients], Gradients]) -> tuple[Any, ...]:
    if not places:
        return values
    watched = dict(zip(places, Watch.apply(seen, *(values[place] for place in places)), strict=True))
    return tuple(watched.get(place, value) for place, value in enumerate(values))


def _differentiable(values: tuple[Any, ...]) -> list[int]:
    return [place for place, each in enumerate(values) if isinstance(each, TensorBase) and each.requires_grad]


def _spread(gradients: Gradients, places: list[int], count: int) -> Gradients:
    given = dict(zip(places, gradients, strict=True))
    return tuple(given.get(place) for place in range(count))


def _as_tuple(value: Any) -> Gradients:
    return value if isinstance(value, tuple) else (value,)
