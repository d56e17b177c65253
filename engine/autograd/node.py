"""Nodes of the gradient graph: they point to nodes, never to tensors, and keep only what their rules declared."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from sys import getrefcount
from typing import TYPE_CHECKING, Any

from engine.autograd.mode_state import modes
from engine.backend.namespace import using

if TYPE_CHECKING:
    from engine.autograd.tensor_base import TensorBase

_counter = itertools.count()
next_sequence: Callable[[], int] = _counter.__next__

Edge = tuple["Node", int]

# Where a hook stands in a node's list, beside the numbers of outputs: before its backward, after it.
BEFORE, AFTER = -1, -2


class Node:
    """One step of backward: turns the gradients of its outputs into one gradient an edge.

    `edges[i]` is (node, output index) or None; `shapes` and `codes` describe the outputs (bare values when there is
    one output); `sequence` grows with time, so the walker visits consumers before producers.
    """

    __slots__ = ("called_at", "codes", "edges", "hooks", "outputs", "scope", "sequence", "shapes")

    edges: Sequence[Edge | None]
    shapes: Any
    codes: Any
    outputs: int
    sequence: int
    hooks: list[tuple[int, int, Callable[..., Any]]] | None
    scope: tuple[str, ...]
    called_at: str | None

    def name(self) -> str:
        """What errors call this node."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """The nodes that gradients go to next, as PyTorch's grad_fn shows them."""
        return tuple(edge if edge is not None else (None, 0) for edge in self.edges)

    def backward(self, gradient: Any, create_graph: bool) -> Sequence[Any]:
        """The gradient for each edge, None where there is none."""
        raise NotImplementedError

    def release(self) -> None:
        """Let go of everything kept for backward."""

    def add_hook(self, index: int, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook` with the gradient of output `index` before it is used; a result that is not None replaces it."""
        if self.hooks is None:
            self.hooks = []
        entry = (next_sequence(), index, hook)
        self.hooks.append(entry)
        return HookHandle(self.hooks, entry)

    def register_prehook(self, fn: Callable[[tuple[Any, ...]], Any]) -> HookHandle:
        """Call `fn(grad_outputs)` right before this node's backward; what it returns replaces them."""
        return self.add_hook(BEFORE, fn)

    def register_hook(self, fn: Callable[[tuple[Any, ...], tuple[Any, ...]], Any]) -> HookHandle:
        """Call `fn(grad_inputs, grad_outputs)` after this node's backward; a tuple replaces `grad_inputs`."""
        return self.add_hook(AFTER, fn)

    def __repr__(self) -> str:
        return f"<{self.name()}>"


class HookHandle:
    """Takes a hook off again (torch.utils.hooks.RemovableHandle)."""

    def __init__(self, hooks: Any, entry: Any) -> None:
        self.hooks = hooks
        self.entry = entry

    def remove(self) -> None:
        """Take the hook off; a second call does nothing."""
        if isinstance(self.hooks, dict):
            self.hooks.pop(self.entry, None)
        elif self.entry in self.hooks:
            self.hooks.remove(self.entry)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


class AccumulateGrad(Node):
    """The end of the graph at a leaf: adds what arrives to the leaf's `.grad`."""

    __slots__ = ("after", "leaf")

    def __init__(self, leaf: Callable[[], TensorBase | None]) -> None:
        self.leaf = leaf
        self.edges = ()
        self.outputs = 1
        self.hooks = None
        self.scope = ()
        self.called_at = None
        self.after: list[Callable[[Any], Any]] | None = None
        self.sequence = next_sequence()
        tensor = leaf()
        assert tensor is not None
        self.shapes = tensor.shape
        self.codes = tensor.dtype.code

    def backward(self, gradient: Any, create_graph: bool) -> Sequence[Any]:
        """Add the gradient to the leaf's own."""
        leaf = self.leaf()
        if leaf is None or not leaf.requires_grad:
            return ()
        observer = modes.state.observer
        if observer is not None:
            observer.holds_gradient(leaf)
        held = leaf.gradient
        if held is None:
            leaf.gradient = gradient.clone() if create_graph else own(gradient)
        elif create_graph:
            leaf.gradient = held + gradient
        elif held.array is None or observer is not None:
            held.add_(gradient)
        else:
            with using(held.device):
                held.array += gradient.array
            held.storage.version += 1
        for hook in self.after or ():
            hook(leaf)
        return ()


def own(gradient: Any) -> Any:
    """A gradient whose memory nobody else can reach: itself if it is the only holder, else a copy.

    Rules may return their upstream gradient, a view of it or something kept; every tensor that aliases an array holds
    its storage, so one reference to the storage (the other is the call's own) means that there is no alias.
    """
    alone = (
        gradient.view_of is None
        and gradient.array is not None
        and gradient.array.flags.c_contiguous
        and gradient.array.flags.owndata
        and getrefcount(gradient.storage) == 2
        and getrefcount(gradient.array) == 2
    )
    return gradient.detach() if alone else gradient.clone()
