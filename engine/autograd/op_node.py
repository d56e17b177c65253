"""The node of an op: keeps what its gradient rules declared and runs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.kept import Kept
from engine.autograd.mode_state import Packing
from engine.autograd.node import Node, next_sequence
from engine.autograd.rules import ATTRIBUTE, DTYPE, EXTRA, INPUT, NEEDS, OUTPUT, SHAPE
from engine.autograd.tensor_base import DTYPE_BITS, TensorBase


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
                values.append(kept.restore(self, what == OUTPUT, create_graph))
            elif what == INPUT and kept.__class__ is tuple:
                values.append(tuple(each.restore(self, False, create_graph) for each in kept))
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

    def pack(self, packing: Packing) -> None:
        """Have hooks pack what is kept."""
        for each in self.saved:
            for kept in each if each.__class__ is tuple else (each,):
                if kept.__class__ is Kept:
                    kept.pack(packing)

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
