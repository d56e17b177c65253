"""Runs the hooks of a node: on gradients of its outputs, before its backward and after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.mode_state import modes
from engine.autograd.node import AFTER, BEFORE, Node
from engine.autograd.retained import Retained


def run_tensor_hooks(node: Node, gradient: Any) -> Any:
    """The gradients of a node's outputs after the hooks of the tensors that these are."""
    # What keeps a gradient comes after all that may replace it, however late those were registered.
    for _, index, hook in sorted(node.hooks or (), key=lambda entry: isinstance(entry[2], Retained)):
        if index < 0:
            continue
        current = gradient if node.outputs == 1 else gradient[index]
        if current is None:
            continue
        replaced = hook(current)
        if replaced is None:
            continue
        replaced = _as_mode_has_it(replaced)
        if node.outputs == 1:
            gradient = replaced
        else:
            gradient[index] = replaced
    return gradient


def run_pre_hooks(node: Node, gradient: Any) -> Any:
    """The gradients of a node's outputs after the hooks that run right before its backward."""
    for hook in _registered(node, BEFORE):
        replaced = hook((gradient,) if node.outputs == 1 else tuple(gradient))
        if replaced is not None:
            given = [_as_mode_has_it(each) for each in _as_tuple(replaced)]
            gradient = given[0] if node.outputs == 1 else given
    return gradient


def run_post_hooks(node: Node, gradient: Any, results: Sequence[Any]) -> Sequence[Any]:
    """What a node's backward gave, after the hooks that see it beside the gradients of the outputs."""
    for hook in _registered(node, AFTER):
        replaced = hook(tuple(results), (gradient,) if node.outputs == 1 else tuple(gradient))
        if replaced is not None:
            results = [_as_mode_has_it(each) for each in _as_tuple(replaced)]
    return results


def _registered(node: Node, when: int) -> list[Any]:
    return [hook for _, index, hook in node.hooks or () if index == when]


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _as_mode_has_it(gradient: Any) -> Any:
    return gradient if gradient is None or modes.state.grad else gradient.detach()
