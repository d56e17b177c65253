"""What views share: a version that every write raises, and how a view came from its base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.autograd.modes import enable_grad

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

    def __init__(self, base: TensorBase, chain: tuple[tuple[Any, tuple[Any, ...], int], ...], restriction: str | None) -> None:
        self.base = base
        self.chain = chain
        self.restriction = restriction
        self.version = base.storage.version
        self.base_node = base.node

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
        self.version = version
        if self.base.node is self.base_node or self.base.node is None:
            return
        self.base_node = self.base.node
        with enable_grad():
            fresh = self.replay(self.base)
        tensor.node, tensor.output_index, tensor.kind = fresh.node, fresh.output_index, fresh.kind
