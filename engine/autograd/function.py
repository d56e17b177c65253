"""Function: a user's own op with its own backward (torch.autograd.Function)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.modes import modes, no_grad
from engine.autograd.node import Node, next_sequence
from engine.autograd.tensor_base import NEEDS_GRAD, TensorBase, wrap


class FunctionContext:
    """What `forward` leaves for `backward`: saved tensors, `needs_input_grad`, and any attribute it sets."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Any, ...] = ()
        self._versions: tuple[int, ...] = ()
        self._node: FunctionNode | None = None
        self._outputs: dict[int, int] = {}
        self.dirty: tuple[Any, ...] = ()
        self.nondifferentiable: tuple[Any, ...] = ()
        self.materialize_grads = True

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors for backward; writes into them since are noticed."""
        self._saved = tensors
        self._versions = tuple(each.storage.version if each is not None else 0 for each in tensors)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that were saved; raises RuntimeError if one was written to since, or after they were freed."""
        if self._node is not None and self._node.freed:
            raise RuntimeError(
                "Trying to backward through the graph a second time: saved tensors were freed. "
                "Specify retain_graph=True."
            )
        restored = []
        for position, (tensor, version) in enumerate(zip(self._saved, self._versions, strict=True)):
            if tensor is not None and tensor.storage.version != version:
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace operation: "
                    f"[{tensor.dtype} {list(tensor.shape)}] is at version {tensor.storage.version}; "
                    f"expected version {version} instead."
                )
            restored.append(self._with_history(position, tensor))
        return tuple(restored)

    def _with_history(self, position: int, tensor: Any) -> Any:
        if position not in self._outputs or self._node is None:
            return tensor
        twin = wrap(tensor.result_class, tensor.array, tensor.storage)
        twin.node, twin.output_index = self._node, self._outputs[position]
        twin.kind |= NEEDS_GRAD
        return twin

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which inputs forward wrote into and returns."""
        self.dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which outputs have no gradient."""
        self.nondifferentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether missing gradients reach backward as zeros (the default) or as None."""
        self.materialize_grads = value


class FunctionNode(Node):
    """The node of a custom Function: calls its `backward`."""

    __slots__ = ("context", "family", "freed", "function")

    def __init__(self, function: type[Function], context: FunctionContext) -> None:
        self.function = function
        self.context = context
        self.sequence = next_sequence()
        self.hooks = None
        self.scope = modes.state.scope
        self.called_at = None
        self.freed = False

    @property
    def name(self) -> str:
        """The Function's name as PyTorch spells it."""
        return f"{self.function.__name__}Backward"

    def backward(self, gradient: Any, create_graph: bool) -> Sequence[Any]:
        """Call the user's backward; raises RuntimeError if it returns a wrong number or a wrong shape of gradients."""
        gradients = [gradient] if self.outputs == 1 else list(gradient)
        if self.context.materialize_grads and self.outputs > 1:
            example = next(each for each in gradients if each is not None)
            gradients = [
                each if each is not None else example.new_zeros(shape)
                for each, shape in zip(gradients, self.shapes, strict=True)
            ]
        answer = self.function.backward(self.context, *gradients)
        results = list(answer) if isinstance(answer, tuple | list) else [answer]
        while len(results) > len(self.edges) and results[-1] is None:
            results.pop()
        if len(results) != len(self.edges):
            raise RuntimeError(
                f"function {self.name} returned an incorrect number of gradients "
                f"(expected {len(self.edges)}, got {len(results)})"
            )
        return [each.detach() if each is not None and not create_graph else each for each in results]

    def release(self) -> None:
        """Free the saved tensors."""
        if self.context._saved:
            self.freed = True
            self.context._saved = ()
            self.context._versions = ()


class Function:
    """A custom op: subclasses give `forward(ctx, *args)` and `backward(ctx, *gradients)`, users call `apply`."""

    @staticmethod
    def forward(ctx: Any, *args: Any, **keywords: Any) -> Any:
        """Compute the outputs; gradients are off here."""
        raise NotImplementedError("a Function must define forward(ctx, ...)")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Turn the gradients of the outputs into one for each input of forward (None where there is none)."""
        raise NotImplementedError("a Function must define backward(ctx, ...)")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward without gradients and hang backward on its outputs."""
        tensors = [each if isinstance(each, TensorBase) else None for each in args]
        needs = tuple(each is not None and each.requires_grad for each in tensors)
        context = FunctionContext(needs)
        with no_grad():
            answer = cls.forward(context, *args)
        if not (modes.state.grad and any(needs)):
            return answer
        node = FunctionNode(cls, context)
        context._node = node
        node.edges = [
            (each.node, each.output_index) if each is not None and need and each.node is not None else None
            for each, need in zip(tensors, needs, strict=True)
        ]
        outputs = list(answer) if isinstance(answer, tuple) else [answer]
        results = [_connected(each, index, node, context, tensors) for index, each in enumerate(outputs)]
        node.outputs = len(results)
        node.shapes = results[0].shape if len(results) == 1 else [each.shape for each in results]
        node.codes = results[0].dtype.code if len(results) == 1 else [each.dtype.code for each in results]
        return tuple(results) if isinstance(answer, tuple) else results[0]


def _connected(output: Any, index: int, node: FunctionNode, context: FunctionContext, inputs: list[Any]) -> Any:
    for position, saved in enumerate(context._saved):
        if saved is output:
            context._outputs[position] = index
    if any(output is each for each in context.nondifferentiable) or not output.dtype.is_differentiable:
        return output
    if any(output is each for each in inputs) and not any(output is each for each in context.dirty):
        output = output.view_as(output)
    output.node, output.output_index = node, index
    output.kind |= NEEDS_GRAD
    return output
