"""The walker: carries gradients from results back to leaves, summing each to the shape and type it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Any

from engine.autograd.anomaly import watched_backward
from engine.autograd.hooks import run_post_hooks, run_pre_hooks, run_tensor_hooks
from engine.autograd.mode_state import ModeState, modes
from engine.autograd.node import AccumulateGrad, Edge, Node
from engine.backend.dtype import DTYPES

_DTYPE_BITS = 15


def walk(
    roots: Sequence[tuple[Edge, Any]],
    retain_graph: bool,
    create_graph: bool,
    targets: Sequence[Edge] | None = None,
    accumulate: bool = False,
) -> dict[Edge, Any]:
    """Carry the roots' gradients back: into the leaves, or only to the `targets` (node, output) if there are any.

    What arrives at targets is given back; with `accumulate` leaves among them add it to their own gradients instead.
    """
    state = modes.state
    before = state.grad, state.chosen_targets
    state.grad, state.chosen_targets = create_graph, targets is not None
    try:
        return _Walk(state, retain_graph, create_graph, targets, accumulate).run(roots)
    finally:
        state.grad, state.chosen_targets = before


class _Walk:
    __slots__ = (
        "accumulate",
        "captured",
        "create_graph",
        "needed",
        "pending",
        "queue",
        "retain_graph",
        "state",
        "targets",
    )

    def __init__(
        self,
        state: ModeState,
        retain_graph: bool,
        create_graph: bool,
        targets: Sequence[Edge] | None,
        accumulate: bool,
    ) -> None:
        self.accumulate = accumulate
        self.state = state
        self.retain_graph = retain_graph
        self.create_graph = create_graph
        self.targets = None if targets is None else set(targets)
        self.needed: set[Node] | None = None
        self.pending: dict[Node, Any] = {}
        self.queue: list[tuple[int, Node]] = []
        self.captured: dict[Edge, Any] = {}

    def run(self, roots: Sequence[tuple[Edge, Any]]) -> dict[Edge, Any]:
        if self.targets is not None:
            self.needed = _nodes_towards(self.targets, [edge[0] for edge, _ in roots])
        for start, gradient in roots:
            self.send(start, gradient)
        pending, queue, needed = self.pending, self.queue, self.needed
        retain, create = self.retain_graph, self.create_graph
        while queue:
            node = heappop(queue)[1]
            gradient = pending.pop(node)
            if node.hooks is not None:
                gradient = run_tensor_hooks(node, gradient)
            if self.targets is not None and not (self.accumulate and node.__class__ is AccumulateGrad):
                self.capture(node, gradient)
                if node.__class__ is AccumulateGrad or not self.leads_on(node):
                    continue
            if node.hooks is not None:
                gradient = run_pre_hooks(node, gradient)
            if self.state.anomaly:
                results = watched_backward(node, gradient, create, self.state)
            else:
                results = node.backward(gradient, create)
            if node.hooks is not None:
                results = run_post_hooks(node, gradient, results)
            if not retain:
                node.release()
            for edge, result in zip(node.edges, results, strict=False):
                if edge is None or result is None:
                    continue
                target = edge[0]
                if result is gradient and not create and target.__class__ is AccumulateGrad:
                    result = result.detach()
                if target.outputs != 1 or needed is not None:
                    self.send(edge, result)
                    continue
                array = result.array
                if array is None or array.shape != target.shapes or result.kind & _DTYPE_BITS != target.codes:
                    result = _fitted(result, target.shapes, target.codes)
                if target in pending:
                    pending[target] = pending[target] + result
                else:
                    pending[target] = result
                    heappush(queue, (-target.sequence, target))
            del gradient, results
        return self.captured

    def send(self, edge: Edge, gradient: Any) -> None:
        node, index = edge
        if self.needed is not None and node not in self.needed:
            return
        pending = self.pending
        if node.outputs == 1:
            if (
                gradient.array is None
                or gradient.array.shape != node.shapes
                or gradient.kind & _DTYPE_BITS != node.codes
            ):
                gradient = _fitted(gradient, node.shapes, node.codes)
            if node in pending:
                pending[node] = pending[node] + gradient
            else:
                pending[node] = gradient
                heappush(self.queue, (-node.sequence, node))
            return
        gradient = _fitted(gradient, node.shapes[index], node.codes[index])
        slots = pending.get(node)
        if slots is None:
            slots = pending[node] = [None] * node.outputs
            heappush(self.queue, (-node.sequence, node))
        slots[index] = gradient if slots[index] is None else slots[index] + gradient

    def capture(self, node: Node, gradient: Any) -> None:
        assert self.targets is not None
        if node.outputs == 1:
            if (node, 0) in self.targets:
                self.captured[node, 0] = gradient
            return
        for index, each in enumerate(gradient):
            if (node, index) in self.targets and each is not None:
                self.captured[node, index] = each

    def leads_on(self, node: Node) -> bool:
        assert self.needed is not None
        return any(edge is not None and edge[0] in self.needed for edge in node.edges)


def _fitted(gradient: Any, shape: tuple[int, ...], code: int) -> Any:
    if gradient.shape != shape:
        gradient = gradient.sum_to_size(shape)
    if gradient.kind & _DTYPE_BITS != code:
        gradient = gradient.to(DTYPES[code])
    return gradient


def _nodes_towards(targets: Iterable[Edge], roots: list[Node]) -> set[Node]:
    """All nodes from which a target can be reached, the targets included."""
    goals = {node for node, _ in targets}
    consumers: dict[Node, list[Node]] = {}
    seen = set(roots)
    stack = list(seen)
    while stack:
        node = stack.pop()
        for edge in node.edges:
            if edge is None:
                continue
            consumers.setdefault(edge[0], []).append(node)
            if edge[0] not in seen:
                seen.add(edge[0])
                stack.append(edge[0])
    needed = goals & seen
    stack = list(needed)
    while stack:
        for consumer in consumers.get(stack.pop(), ()):
            if consumer not in needed:
                needed.add(consumer)
                stack.append(consumer)
    return needed
