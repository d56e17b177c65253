"""The node of an op: keeps what its gradient rules declared and runs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.node import Node, next_sequence
from engine.autograd.rules import ATTRIBUTE, DTYPE, EXTRA, INPUT, NEEDS, OUTPUT, SHAPE
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import DTYPE_BITS, IS_VIEW, NEEDS_GRAD, TensorBase
from engine.backend.dtype import DTYPES

_new = object.__new__
_NO_GRAD, _NO_VIEW = ~NEEDS_GRAD, ~IS_VIEW


class Kept:
    """A tensor kept for backward without the tensor: its array, the version it had, and the node that made it."""

    __slots__ = ("array", "family", "kind", "node", "output_index", "storage", "version")

    def __init__(self, tensor: Any, node: Node | None) -> None:
        array = tensor.array
        self.array = tensor.spec if array is None else array
        self.storage = storage = tensor.storage
        self.version = storage.version
        self.kind = tensor.kind & _NO_VIEW
        self.node = node
        self.output_index = tensor.output_index
        self.family = tensor.result_class


class OpNode(Node):
    """What an op leaves behind for backward."""

    __slots__ = ("plan", "saved")

    plan: Any
    saved: Any

    def __init__(self, plan: Any, state: Any) -> None:
        self.plan = plan
        self.sequence = next_sequence()
        self.hooks = None
        self.scope = state.scope
        self.called_at = None

    @property
    def name(self) -> str:
        """The op's name as PyTorch spells node names: MulBackward0."""
        return "".join(part.capitalize() for part in self.plan.op.name.split("_")) + "Backward0"

    def keep(self, args: tuple[Any, ...], outputs: tuple[Any, ...], extras: tuple[Any, ...]) -> None:
        """Keep what the plan's rules ask for."""
        saved: list[Any] = []
        for what, position in self.plan.saves:
            if what == INPUT:
                value = args[position]
                if isinstance(value, TensorBase):
                    saved.append(Kept(value, value.node))
                elif isinstance(value, tuple):
                    saved.append(tuple(Kept(each, each.node) for each in value))
                else:
                    saved.append(value)
            elif what == OUTPUT:
                saved.append(Kept(outputs[position], None))
            elif what == ATTRIBUTE:
                saved.append(args[position])
            elif what == SHAPE:
                value = args[position]
                array = getattr(value, "array", None)
                saved.append(_each(value, lambda tensor: tensor.shape) if array is None else array.shape)
            elif what == DTYPE:
                saved.append(_each(args[position], lambda tensor: tensor.dtype))
            elif what == EXTRA:
                saved.append(Kept(extras[position], None))
            elif what == NEEDS:
                saved.append(self.plan.needs)
        self.saved = saved

    def keep_copy(self, target: Any) -> None:
        """The op is about to write over its first input, `target`: what is kept of that becomes a copy."""
        for position, source in enumerate(self.plan.saves):
            kept = self.saved[position]
            if source == (INPUT, 0) and kept.__class__ is Kept and kept.storage is target.storage:
                copy = self.saved[position] = Kept(target.detach().clone(), kept.node)
                copy.kind, copy.output_index = kept.kind, kept.output_index

    def rebind(self, target: TensorBase) -> None:
        """The op's output was written into `target`: what was kept of the output is the target's memory now."""
        for position, (what, _) in enumerate(self.plan.saves):
            if what == OUTPUT and self.saved[position].kind & DTYPE_BITS == target.kind & DTYPE_BITS:
                kept = self.saved[position] = Kept(target, None)
                kept.output_index = 0

    def backward(self, gradient: Any, create_graph: bool) -> Sequence[Any]:
        """Run the rules of the inputs that need gradients."""
        plan = self.plan
        if self.saved is None:
            raise RuntimeError(
                "Trying to backward through the graph a second time: what was kept for it is freed by the first one. "
                "Specify retain_graph=True there if you need to walk it again."
            )
        if plan.conjugates:
            gradient = _conjugated(gradient)
        if plan.single:
            values = [gradient]
        else:
            gradients = (gradient,) if self.outputs == 1 else tuple(gradient)
            values = list(gradients) if plan.op.fields else [gradients]
        for what, kept in zip(plan.kinds_saved, self.saved, strict=False):
            if kept.__class__ is Kept:
                values.append(self.restore(kept, what, create_graph))
            elif what == INPUT and kept.__class__ is tuple:
                values.append(tuple(self.restore(each, INPUT, create_graph) for each in kept))
            else:
                values.append(kept)
        results: list[Any] = [None] * len(plan.needs)
        for slot, function, indices in plan.rules:
            answer = function(*[values[index] for index in indices])
            if slot is None:
                for position, each in enumerate(answer):
                    results[position] = each
            else:
                results[slot] = answer
        if plan.conjugates:
            results = _conjugated(results)
        return _flatten(results, plan.needs) if plan.op.many_inputs else results

    def restore(self, kept: Kept, what: int, create_graph: bool) -> Any:
        """The kept value as a tensor; raises RuntimeError if it was written to since."""
        if kept.storage.version != kept.version:
            raise RuntimeError(
                "one of the variables needed for gradient computation has been modified by an inplace operation: "
                f"[{DTYPES[kept.kind & DTYPE_BITS]} {list(kept.array.shape)}], kept by {self.name}"
                f"{' in ' + '.'.join(self.scope) if self.scope else ''}, is at version {kept.storage.version}; "
                f"expected version {kept.version} instead."
            )
        tensor = _new(kept.family)
        tensor.array = array = kept.array
        if array.__class__ is Spec:
            tensor.array, tensor.spec = None, array
        tensor.storage = kept.storage
        tensor.view_of = tensor.gradient = tensor.node = None
        tensor.output_index = kept.output_index
        if create_graph:
            tensor.kind = kept.kind
            tensor.node = self if what == OUTPUT and kept.kind & NEEDS_GRAD else kept.node
        else:
            tensor.kind = kept.kind & _NO_GRAD
        return tensor

    def release(self) -> None:
        """Let go of what was kept; a node that kept nothing can be walked again, as in PyTorch."""
        for kept in self.saved or ():
            if kept.__class__ is Kept or (kept.__class__ is tuple and kept and kept[0].__class__ is Kept):
                self.saved = None
                return


def _each(value: Any, read: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(read(each) for each in value)
    return read(value) if isinstance(value, TensorBase) else None


def _conjugated(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_conjugated(each) for each in value]
    return None if value is None else value.conj()


def _flatten(results: list[Any], needs: tuple[Any, ...]) -> list[Any]:
    flat: list[Any] = []
    for result, need in zip(results, needs, strict=True):
        if isinstance(need, tuple):
            flat.extend(result if result is not None else [None] * len(need))
        else:
            flat.append(result)
    return flat
