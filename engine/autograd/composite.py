"""Gradients of an op taken from the same function written in other ops: the road to second order of fused backwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.modes import inference_mode, modes
from engine.autograd.node import Node, next_sequence
from engine.autograd.rules import ATTRIBUTE, INPUT, NEEDS, UPSTREAM, GradientRule, Source
from engine.autograd.tensor_base import NEEDS_GRAD, alias
from engine.autograd.walker import walk


class Handover(Node):
    """The node of an argument under a second name: what arrives goes on to the argument."""

    __slots__ = ()

    def __init__(self, tensor: Any) -> None:
        self.edges = ((tensor.node, tensor.output_index),)
        self.shapes, self.codes, self.outputs = tensor.shape, tensor.dtype.code, 1
        self.sequence, self.scope = next_sequence(), modes.state.scope
        self.hooks = self.called_at = None

    def backward(self, gradient: Any, create_graph: bool) -> tuple[Any]:
        """The gradient as it is."""
        return (gradient,)


def rule_from_composite(op: Any, composite: Callable[..., Any]) -> GradientRule:
    """A joint rule that runs `composite` on the op's arguments with gradients on and walks back through it."""
    inputs = op.signature.inputs
    upstream = max(1, len(op.fields))

    def rule(*values: Any) -> list[Any]:
        gradients, needs, args = values[:upstream], values[upstream], list(values[upstream + 1 :])
        create_graph = bool(modes.state.grad)
        for position, need in zip(inputs, needs, strict=True):
            if need:
                args[position] = _apart(args[position], create_graph)
        with inference_mode(False):
            outputs = composite(*args)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        roots = [
            ((output.node, output.output_index), gradient)
            for output, gradient in zip(outputs, gradients, strict=False)
            if gradient is not None and output.requires_grad
        ]
        edges = [
            (args[position].node, args[position].output_index) if need else None
            for position, need in zip(inputs, needs, strict=True)
        ]
        found = walk(roots, create_graph, create_graph, [edge for edge in edges if edge is not None])
        return [None if edge is None else found.get(edge) for edge in edges]

    sources = [Source(UPSTREAM, index) for index in range(upstream)]
    sources.append(Source(NEEDS, 0))
    sources.extend(Source(INPUT if position in inputs else ATTRIBUTE, position) for position in range(op.arity))
    return GradientRule(rule, tuple(sources))


def _apart(tensor: Any, connected: bool) -> Any:
    """The argument as a start of its own: one argument may have been computed from another, or be the same tensor."""
    if not connected:
        return tensor.detach().requires_grad_()
    tensor.refresh()
    twin = alias(tensor)
    twin.node = Handover(tensor)
    twin.kind |= NEEDS_GRAD
    return twin
