"""Kept: a tensor kept for backward without the tensor, as it is or packed by someone's hooks."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.autograd.mode_state import Packing
from engine.autograd.modes import no_grad
from engine.autograd.node import Node
from engine.autograd.spec import Spec
from engine.autograd.storage import Storage
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

    def pack(self, packing: Packing) -> None:
        """Keep what `packing` makes of the tensor in its place; RuntimeError if that writes into it."""
        tensor = self.tensor()
        with no_grad():
            packed = packing.pack(tensor)
        if self.storage.version != self.version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can "
                "not be modified by in-place operations as this can lead to unexpected side-effects."
            )
        self.array = Packed(packing, packed)
        # Nobody can tell whether what the hooks hold is written to.
        self.storage = Storage()
        self.version = 0

    def tensor(self) -> Any:
        """What is kept, as a tensor without history."""
        tensor = _new(self.family)
        tensor.array = array = self.array
        tensor.storage = self.storage
        if array.__class__ is Spec:
            tensor.array, tensor.spec = None, array
        elif array.__class__ is Packed:
            unpacked = array.unpacked()
            tensor.array, tensor.storage = unpacked.array, unpacked.storage
            if unpacked.array is None:
                tensor.spec = unpacked.spec
        tensor.view_of = tensor.gradient = tensor.node = None
        tensor.output_index = self.output_index
        tensor.kind = self.kind & _NO_GRAD
        return tensor

    def restore(self, owner: Node, made_here: bool, with_history: bool) -> Any:
        """What is kept, with its history if that is wanted; raises RuntimeError if it was written to since.

        `made_here` says that the node `owner`, which keeps this, made it too.
        """
        if self.storage.version != self.version:
            raise self.written_over(owner)
        tensor = self.tensor()
        if with_history:
            tensor.kind = self.kind
            tensor.node = owner if made_here and self.kind & NEEDS_GRAD else self.node
        return tensor

    def written_over(self, owner: Node) -> RuntimeError:
        """The error that says what was written to between forward and backward."""
        return RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[{DTYPES[self.kind & DTYPE_BITS]} {list(self.array.shape)}], kept by {owner.name()}"
            f"{' in ' + '.'.join(owner.scope) if owner.scope else ''}, is at version {self.storage.version}; "
            f"expected version {self.version} instead."
        )


class Packed(NamedTuple):
    """What hooks made of an array, and the hooks."""

    packing: Packing
    value: Any

    def unpacked(self) -> Any:
        """The tensor again; TypeError if the hooks give something else."""
        tensor = self.packing.unpack(self.value)
        if not isinstance(tensor, TensorBase):
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(tensor).__name__}"
            )
        return tensor
