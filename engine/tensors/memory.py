"""Where Tensor's elements lie: the memory, who shares it, and the device."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import check_writable
from engine.autograd.modes import host_read, modes
from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.pinned import is_pinned, pinned_copy
from engine.ops.layouts.memory_layout import address, kept_order, owner_of
from engine.ops.layouts.strided import as_strided, row_major


class UntypedStorage:
    """The bytes that a tensor and all its views share (torch.UntypedStorage); there are always as many."""

    __slots__ = ("_memory", "device")

    def __init__(self, tensor: Any) -> None:
        self._memory = None if tensor.array is None else owner_of(tensor.array)
        self.device = tensor.device

    def data_ptr(self) -> int:
        """The address of the first byte; 0 on the meta device."""
        return 0 if self._memory is None else address(self._memory)

    def nbytes(self) -> int:
        """How many bytes there are."""
        return 0 if self._memory is None else int(self._memory.nbytes)

    size = __len__ = nbytes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and (self.data_ptr(), self.device) == (other.data_ptr(), other.device)

    def __hash__(self) -> int:
        return hash(self.data_ptr())

    def __repr__(self) -> str:
        return f"<{self.nbytes()} bytes on {self.device}>"


class Memory(TensorBase):
    """Where Tensor's elements lie."""

    __slots__ = ()

    @property
    def is_cpu(self) -> bool:
        """Whether the elements live on the CPU."""
        return self.device.type == "cpu"

    def untyped_storage(self) -> UntypedStorage:
        """The bytes that this tensor and its views share (torch.Tensor.untyped_storage)."""
        return UntypedStorage(self)

    @property
    def _base(self) -> Any:
        """The tensor that this one is a view of; None for what is no view (torch.Tensor._base)."""
        return None if self.view_of is None else self.view_of.base

    def is_set_to(self, tensor: Any) -> bool:
        """Whether another tensor shows the same elements of the same memory (torch.Tensor.is_set_to)."""
        return self.array is not None and _geometry(self) == _geometry(tensor)

    def set_(self, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Any:
        """Show the memory of another tensor from now on, all of it or in any strides (torch.Tensor.set_).

        Without a source there are no elements left. Raises RuntimeError for another dtype or device.
        """
        check_writable(self, modes.state)
        taken = self.new_empty(0) if source is None else source.detach()  # type: ignore[attr-defined]
        if (taken.dtype, taken.device) != (self.dtype, self.device):
            raise RuntimeError(
                f"set_ can't make a tensor of {self.dtype} on {self.device} show one of {taken.dtype} on {taken.device}"
            )
        if size is not None:
            taken = as_strided(taken, tuple(size), row_major(tuple(size)) if stride is None else stride, storage_offset)
        self.data = taken  # type: ignore[misc]
        self.storage = taken.storage
        return self

    def pin_memory(self) -> Any:
        """A copy in page-locked memory, from which copies to a GPU need not wait (torch.Tensor.pin_memory).

        Raises RuntimeError where there is no GPU or the elements lie on it already.
        """
        if not self.is_cpu:
            raise RuntimeError(f"cannot pin a tensor on {self.device}, only tensors on cpu can be pinned")
        host_read("Tensor.pin_memory()")
        return self if self.is_pinned() else wrap(self.result_class, pinned_copy(self.array))

    def is_pinned(self) -> bool:
        """Whether the elements lie in page-locked memory (torch.Tensor.is_pinned)."""
        return self.is_cpu and is_pinned(self.array)

    def is_shared(self) -> bool:
        """Whether processes share the memory: on a GPU alone (torch.Tensor.is_shared)."""
        return self.device.type == "cuda"

    def dim_order(self) -> tuple[int, ...]:
        """The dimensions as they lie in memory, outermost first (torch.Tensor.dim_order)."""
        return tuple(range(self.ndim)) if self.array is None else kept_order(self.array)

    @property
    def is_sparse(self) -> bool:
        """False: tensors are dense."""
        return False

    @property
    def is_quantized(self) -> bool:
        """False: elements are numbers themselves."""
        return False

    @property
    def is_nested(self) -> bool:
        """False: all rows of a tensor have one length."""
        return False


def _geometry(tensor: Any) -> tuple[Any, ...]:
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.device
