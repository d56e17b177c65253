"""Results that keep their gradients: the hook that fills `.grad`, and how it follows a tensor that is written over."""

from __future__ import annotations

import weakref
from typing import Any

from engine.autograd.node import AccumulateGrad, Node


class Retained:
    """The hook of a node that adds a result's gradient to its `.grad`, while somebody holds the result."""

    __slots__ = ("tensor",)

    def __init__(self, tensor: Any) -> None:
        self.tensor = weakref.ref(tensor)

    def __call__(self, gradient: Any) -> None:
        tensor = self.tensor()
        if tensor is not None:
            # A copy: what flows on may end in memory that a leaf adds to.
            tensor.gradient = gradient.clone() if tensor.gradient is None else tensor.gradient + gradient


def retain_gradient(tensor: Any) -> None:
    """Keep the gradient of a result in its `.grad`; leaves do so anyway."""
    node = tensor.node
    if isinstance(node, AccumulateGrad) or _entry(node, tensor) is not None:
        return
    node.add_hook(tensor.output_index, Retained(tensor))


def retains_gradient(tensor: Any) -> bool:
    """Whether a result keeps its gradient, as `retain_gradient` has it."""
    return tensor.node is not None and _entry(tensor.node, tensor) is not None


def move_retained(tensor: Any, before: Node | None) -> None:
    """The tensor got another node than `before` by a write: its gradient is kept there from now on."""
    entry = None if before is None or before.hooks is None else _entry(before, tensor)
    if entry is not None and before is not None and before.hooks is not None:
        before.hooks.remove(entry)
        retain_gradient(tensor)


def _entry(node: Node, tensor: Any) -> Any:
    for entry in node.hooks or ():
        if isinstance(entry[2], Retained) and entry[2].tensor() is tensor:
            return entry
    return None
