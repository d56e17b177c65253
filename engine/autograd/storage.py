"""What views share: a version that every write raises, and how a view came from its base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.autograd.modes import inference_mode, modes
from engine.autograd.node import AccumulateGrad
from engine.autograd.retained import move_retained

if TYPE_CHECKING:
    from engine.autograd.tensor_base import TensorBase


class Storage:
    """The identity of one piece of memory; `version` counts the writes into it."""

    __slots__ = ("version",)

    def __init__(self) -> None:
        self.version = 0


class View:
    """How a tensor aliases its base: the base (never a view itself) and the chain of view ops that leads from it."""

    __slots__ = ("base", "base_node", "chain", "restriction", "version")

    def __init__(
        self, base: TensorBase, chain: tuple[tuple[Any, tuple[Any, ...], int], ...], restriction: str | None
    ) -> None:
        self.base = base
        self.chain = chain
        self.restriction = restriction
        self.version = base.storage.version
        self.base_node = base.node

    @property
    def order(self) -> tuple[int, ...]:
        """The dimensions of the base as they lie in memory, outermost first: where this view can be taken again."""
        array = self.base.array
        if array is None:
            return tuple(range(self.base.ndim))
        return tuple(sorted(range(array.ndim), key=lambda dim: -array.strides[dim]))

    def replay(self, tensor: Any) -> Any:
        """The same view taken of another tensor of the base's shape."""
        for op, attributes, output in self.chain:
            viewed = op(tensor, *attributes)
            tensor = viewed[output] if isinstance(viewed, tuple) else viewed
        return tensor

    def refresh(self, tensor: TensorBase) -> None:
        """Derive the view's node anew if its base got another one by a write since."""
        version = tensor.storage.version
        if version == self.version:
            return
        if self.base.node is None:
            return
        if self.restriction is not None:
            if not modes.state.grad:
                return
            raise RuntimeError(self.refusal(tensor, "its base or another view of its base has been"))
        self.version = version
        if self.base.node is self.base_node:
            return
        self.base_node = self.base.node
        with inference_mode(False):
            fresh = self.replay(self.base)
        before = tensor.node
        tensor.node, tensor.output_index, tensor.kind = fresh.node, fresh.output_index, fresh.kind
        move_retained(tensor, before)

    def refusal(self, tensor: TensorBase, what: str) -> str:
        """Why a restricted view may not be written, or read after a write; `what` says what is being modified."""
        if self.restriction == "function":
            return f"A tensor that a custom Function gave is a view and {what} modified inplace. {_REASONS['function']}"
        if tensor.node is not None and not isinstance(tensor.node, AccumulateGrad):
            source = f"Output {tensor.output_index} of {tensor.node.name()} is a view and {what} modified inplace."
        else:
            source = f"A view was created in no_grad mode and {what} modified inplace with grad mode enabled."
        return f"{source} {_REASONS[self.restriction or 'no_grad']}"


_REASONS = {
    "multi": (
        "This view is the output of a function that returns multiple views. Such functions do not allow the "
        "output views "
        "to be modified inplace. You should replace the inplace operation by an out-of-place one."
    ),
    "function": (
        "This view was created inside a custom Function (or because an input was returned as-is) and the autograd "
        "logic to handle view+inplace would override the custom backward associated with the custom Function, leading "
        "to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom "
        "Function."
    ),
    "no_grad": (
        "Make the view and write either both inside no_grad(), so that gradients know of neither, or both "
        "outside of it."
    ),
}
