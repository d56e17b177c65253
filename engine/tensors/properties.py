"""Tensor's size, strides and element type, as methods."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.backend.size import Size
from engine.ops.dimensions import wrap_dim
from engine.ops.layouts.memory_layout import address, contiguous_format, lies_in, offset_of, strided


class Properties(TensorBase):
    """Tensor's size, strides and element type."""

    __slots__ = ()

    @property
    def shape(self) -> Size:
        """The lengths of the dimensions (torch.Tensor.shape)."""
        return Size(self.spec.shape if self.array is None else self.array.shape)  # type: ignore[attr-defined]

    def is_floating_point(self) -> bool:
        """Whether the elements are floating point numbers (torch.is_floating_point)."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers (torch.is_complex)."""
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        """Whether the elements can be negative (torch.Tensor.is_signed)."""
        return self.dtype.is_signed

    def is_same_size(self, other: TensorBase) -> bool:
        """Whether another tensor has the same shape (torch.Tensor.is_same_size)."""
        return self.shape == other.shape

    def get_device(self) -> int:
        """The number of the GPU that the tensor is on; -1 on the CPU (torch.Tensor.get_device)."""
        return -1 if self.device.index is None else self.device.index

    def element_size(self) -> int:
        """Bytes of one element (torch.Tensor.element_size)."""
        return self.dtype.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.numel() * self.dtype.itemsize

    def numel(self) -> int:
        """How many elements there are (torch.numel)."""
        return self.as_spec.size if self.array is None else self.array.size

    nelement = numel

    def data_ptr(self) -> int:
        """The address of the first element; 0 on the meta device (torch.Tensor.data_ptr)."""
        if self.array is None:
            return 0
        return address(self.array)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension (torch.Tensor.size)."""
        return self.shape if dim is None else self.shape[wrap_dim(dim, self.ndim)]

    def dim(self) -> int:
        """How many dimensions there are (torch.Tensor.dim)."""
        return len(self.shape)

    ndimension = dim

    def stride(self, dim: int | None = None) -> Any:
        """The step in elements along each dimension, or along one (torch.Tensor.stride)."""
        strides = self._strides()
        return strides if dim is None else strides[wrap_dim(dim, self.ndim)]

    def storage_offset(self) -> int:
        """Elements between the start of the memory and the first element (torch.Tensor.storage_offset)."""
        return 0 if self.array is None else offset_of(self.array)

    def is_contiguous(self, memory_format: str = contiguous_format) -> bool:
        """Whether the elements lie in the order of a format without gaps (torch.Tensor.is_contiguous)."""
        return True if self.array is None else lies_in(self.array, memory_format)

    def _strides(self) -> tuple[int, ...]:
        if self.array is not None and self.array.size:
            return tuple(stride // self.array.itemsize for stride in self.array.strides)
        strides = [1]
        for length in reversed(self.shape[1:]):
            strides.append(strides[-1] * max(length, 1))
        return tuple(reversed(strides))[-self.ndim or len(strides) :]

    @property
    def layout(self) -> str:
        """How elements are stored: strided, the one layout there is."""
        return strided

    @property
    def is_cuda(self) -> bool:
        """Whether the elements live on a CUDA device."""
        return self.device.type == "cuda"

    @property
    def is_meta(self) -> bool:
        """Whether there are no elements, only shape and dtype."""
        return self.array is None
