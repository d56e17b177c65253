"""Function: a user's own op with its own backward (torch.autograd.Function)."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from engine.autograd.anomaly import calling_lines
from engine.autograd.function_context import FunctionContext
from engine.autograd.in_place import check_writable, hang
from engine.autograd.modes import modes, no_grad
from engine.autograd.node import Node, next_sequence
from engine.autograd.tensor_base import NEEDS_GRAD, TensorBase
from engine.backend.dtype import DTYPES


class FunctionNode(Node):
    """The node of a custom Function: calls its `backward`."""

    __slots__ = ("__weakref__", "context", "function", "takes")

    def __init__(self, function: type[Function], context: FunctionContext) -> None:
        self.function = function
        self.context = context
        self.sequence = next_sequence()
        self.hooks = None
        self.scope = modes.state.scope
        self.called_at = calling_lines() if modes.state.anomaly else None

    def name(self) -> str:
        """The Function's name as PyTorch spells it."""
        return f"{self.function.__name__}Backward"

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that forward saved."""
        return self.context.saved_tensors

    def connect(self, inputs: Sequence[Any]) -> None:
        """Lead to the nodes of the inputs that need gradients."""
        self.takes = tuple(None if each is None else each.shape for each in inputs)
        self.edges = [
            (each.node, each.output_index) if each is not None and each.requires_grad else None for each in inputs
        ]

    def describe(self, outputs: Sequence[Any]) -> None:
        """Note the shapes and types of the outputs."""
        shapes = [each.shape if isinstance(each, TensorBase) else None for each in outputs]
        codes = [each.dtype.code if isinstance(each, TensorBase) else None for each in outputs]
        self.outputs = len(outputs)
        self.shapes, self.codes = (shapes[0], codes[0]) if len(outputs) == 1 else (shapes, codes)

    def backward(self, gradient: Any, create_graph: bool) -> Sequence[Any]:
        """Call the user's backward; raises RuntimeError if it returns a wrong number or a wrong shape of gradients."""
        gradients = [gradient] if self.outputs == 1 else self._materialized(gradient)
        answer = self.function.backward(self.context, *gradients)
        results = list(answer) if isinstance(answer, tuple | list) else [answer]
        while len(results) > len(self.edges) and results[-1] is None:
            results.pop()
        if len(results) != len(self.edges):
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients "
                f"(expected {len(self.edges)}, got {len(results)})"
            )
        for position, result in enumerate(results):
            self._check(position, result)
        return [each if each is None or create_graph else each.detach() for each in results]

    def _materialized(self, gradients: Sequence[Any]) -> list[Any]:
        if not self.context.materialize_grads:
            return list(gradients)
        zeros = next(each.new_zeros for each in gradients if each is not None)
        return [
            zeros(shape, dtype=DTYPES[code]) if each is None and shape is not None else each
            for each, shape, code in zip(gradients, self.shapes, self.codes, strict=True)
        ]

    def _check(self, position: int, result: Any) -> None:
        if result is None:
            return
        shape = self.takes[position]
        if shape is None:
            raise RuntimeError(
                f"function {self.name()} returned a gradient different from None at position {position + 1}, but the "
                "corresponding forward input was not a Tensor"
            )
        if not isinstance(result, TensorBase):
            raise RuntimeError(
                f"{self.name()}: expected a Tensor or None at position {position + 1}, got {type(result).__name__}"
            )
        if self.edges[position] is not None and not _expands_from(result.shape, shape):
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {position} - got {list(result.shape)} "
                f"but expected shape compatible with {list(shape)}"
            )

    def release(self) -> None:
        """Free the saved tensors."""
        self.context.free()


class Function:
    """A custom op: subclasses give `forward(ctx, *args)` and `backward(ctx, *gradients)`, users call `apply`.

    With `setup_context(ctx, inputs, output)`, forward takes no ctx, and saving is done there (torch.autograd.Function).
    """

    @staticmethod
    def forward(*args: Any, **keywords: Any) -> Any:
        """Compute the outputs; gradients are off here."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Leave for backward what it needs of forward's inputs and output."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Turn the gradients of the outputs into one for each input of forward (None where there is none)."""
        raise NotImplementedError("You must implement the backward function for your custom autograd.Function.")

    @classmethod
    def apply(cls, *args: Any, **keywords: Any) -> Any:
        """Run forward without gradients and hang backward on its outputs.

        Keywords stand behind the other inputs, in the order given; with `setup_context`, at their places in forward.
        """
        separate = cls.setup_context is not Function.setup_context
        if separate:
            args, keywords = _bound(cls.forward, args, keywords)
        inputs = [each if isinstance(each, TensorBase) else None for each in (*args, *keywords.values())]
        needs = tuple(each is not None and each.requires_grad for each in inputs)
        context = FunctionContext(needs)
        with no_grad():
            answer = cls.forward(*args, **keywords) if separate else cls.forward(context, *args, **keywords)
            if separate:
                cls.setup_context(context, args, answer)
        outputs = answer if isinstance(answer, tuple) else (answer,)
        if not (modes.state.grad and any(needs) and any(isinstance(each, TensorBase) for each in outputs)):
            return answer
        node = FunctionNode(cls, context)
        node.connect(inputs)
        node.describe(outputs)
        results = _connected(outputs, node, context, inputs)
        context.seal(node, results, modes.state.packing)
        return type(answer)(results) if type(answer) is tuple else results[0]


def once_differentiable(function: Callable[..., Any]) -> Callable[..., Any]:
    """A Function's backward that has no derivative itself: taking one raises RuntimeError (torch's decorator)."""

    @functools.wraps(function)
    def backward(ctx: Any, *gradients: Any) -> Any:
        with no_grad():
            answer = function(ctx, *gradients)
        tracked = [each for each in gradients if isinstance(each, TensorBase) and each.requires_grad]
        if not (modes.state.grad and tracked):
            return answer
        results = answer if isinstance(answer, tuple) else (answer,)
        places = [place for place, each in enumerate(results) if isinstance(each, TensorBase)]
        guarded = dict(zip(places, _Once.apply(len(places), *(results[p] for p in places), *tracked), strict=True))
        results = tuple(guarded.get(place, each) for place, each in enumerate(results))
        return results if isinstance(answer, tuple) else results[0]

    return backward


class _Once(Function):
    """The identity of some tensors, through which no gradient goes."""

    @staticmethod
    def forward(ctx: Any, count: int, *tensors: Any) -> tuple[Any, ...]:
        return tensors[:count]

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


def _bound(
    forward: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    bound = inspect.signature(forward).bind(*args, **keywords)
    bound.apply_defaults()
    return bound.args, bound.kwargs


def _connected(
    outputs: tuple[Any, ...], node: FunctionNode, context: FunctionContext, inputs: list[Any]
) -> tuple[Any, ...]:
    for each in context.dirty_tensors:
        if not any(each is output for output in outputs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as output. The inputs that "
                "are modified inplace must all be outputs of the Function."
            )
    return tuple(_output(each, index, node, context, inputs) for index, each in enumerate(outputs))


def _output(output: Any, index: int, node: FunctionNode, context: FunctionContext, inputs: list[Any]) -> Any:
    if not isinstance(output, TensorBase):
        return output
    given = _among(output, inputs)
    if _among(output, context.dirty_tensors):
        check_writable(output, modes.state, tracked=True)
        hang(output, node, index, modes.state)
        return output
    if given:
        output = output.view_as(output)  # type: ignore[attr-defined]
    if _among(output, context.non_differentiable) or not output.dtype.is_differentiable:
        output.node = None
        output.kind &= ~NEEDS_GRAD
        return output
    if output.view_of is not None:
        output.view_of.restriction = "function"
    output.node, output.output_index = node, index
    output.kind |= NEEDS_GRAD
    return output


def _among(tensor: Any, others: Sequence[Any]) -> bool:
    return any(tensor is each for each in others)


def _expands_from(given: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a gradient of one shape can be summed to the other, or is it."""
    if len(given) < len(shape):
        return False
    return all(length in (1, own) for own, length in zip(reversed(given), reversed(shape), strict=False))
