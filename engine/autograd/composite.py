"""Gradients of an op taken from the same function written in other ops: the road to second order of fused backwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.autograd.modes import inference_mode, modes
from engine.autograd.rules import ATTRIBUTE, INPUT, NEEDS, UPSTREAM, GradientRule, Source
from engine.autograd.walker import walk


def rule_from_composite(op: Any, composite: Callable[..., Any]) -> GradientRule:
    """A joint rule that runs `composite` on the op's arguments with gradients on and walks back through it."""
    inputs = op.signature.inputs
    upstream = max(1, len(op.fields))

    def rule(*values: Any) -> list[Any]:
        gradients, needs, args = values[:upstream], values[upstream], list(values[upstream + 1 :])
        create_graph = bool(modes.state.grad)
        if not create_graph:
            for position, need in zip(inputs, needs, strict=True):
                if need:
                    args[position] = args[position].detach().requires_grad_()
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
