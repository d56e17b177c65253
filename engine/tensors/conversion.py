"""Tensor in another type, in another place, or as a twin."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.node import AccumulateGrad
from engine.autograd.storage import Storage
from engine.autograd.tensor_base import IS_VIEW, NEEDS_GRAD, TensorBase
from engine.backend import dtype as dtypes
from engine.backend.device import CPU
from engine.backend.dtype import as_dtype
from engine.ops.layouts import conversion as ops
from engine.ops.layouts.memory_layout import preserve_format
from engine.tensors.making import as_device
from engine.tensors.named_types import NamedType, read_type, type_name

DATA_BITS = ~(NEEDS_GRAD | IS_VIEW)


class Conversion(TensorBase):
    """Tensor in another type, in another place, or as a twin."""

    __slots__ = ()

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: bool = False,
        copy: bool = False,
        memory_format: str = preserve_format,
    ) -> Any:
        """Another dtype or device, or those of another tensor; itself if nothing changes (torch.Tensor.to)."""
        switches = [each for each in args if isinstance(each, bool)]
        for each in args:
            if isinstance(each, TensorBase):
                dtype, device = each.dtype, each.device
            elif isinstance(each, dtypes.dtype | type | np.dtype):
                dtype = each
            elif isinstance(each, bool):
                pass
            elif each is not None:
                device = each
        wanted = None if dtype is None else as_dtype(dtype)
        return ops.to(self, wanted, as_device(device), copy or switches[1:] == [True], memory_format)

    def type_as(self, other: TensorBase) -> Any:
        """The dtype and device of `other` (torch.Tensor.type_as)."""
        return self.to(other)

    def type(self, dtype: Any = None) -> Any:
        """The elements in another dtype; without one, the first name of this type (torch.Tensor.type)."""
        if dtype is None:
            return type_name(self)
        if isinstance(dtype, str):
            kind, device = read_type(dtype)
            return self.to(dtype=kind, device=device)
        return self.to(dtype.dtype if isinstance(dtype, NamedType) else dtype)

    def double(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as float64."""
        return self.to(dtypes.float64, memory_format=memory_format)

    def float(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as float32."""
        return self.to(dtypes.float32, memory_format=memory_format)

    def half(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as float16."""
        return self.to(dtypes.float16, memory_format=memory_format)

    def bfloat16(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as bfloat16."""
        return self.to(dtypes.bfloat16, memory_format=memory_format)

    def cfloat(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as complex64."""
        return self.to(dtypes.complex64, memory_format=memory_format)

    def cdouble(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as complex128."""
        return self.to(dtypes.complex128, memory_format=memory_format)

    def long(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as int64."""
        return self.to(dtypes.int64, memory_format=memory_format)

    def int(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as int32."""
        return self.to(dtypes.int32, memory_format=memory_format)

    def short(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as int16."""
        return self.to(dtypes.int16, memory_format=memory_format)

    def char(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as int8."""
        return self.to(dtypes.int8, memory_format=memory_format)

    def byte(self, *, memory_format: str = preserve_format) -> Any:
        """The elements as uint8."""
        return self.to(dtypes.uint8, memory_format=memory_format)

    def bool(self, *, memory_format: str = preserve_format) -> Any:
        """Whether the elements differ from zero."""
        return self.to(dtypes.bool_, memory_format=memory_format)

    def cpu(self) -> Any:
        """The tensor on the CPU; itself if it is there (torch.Tensor.cpu)."""
        return self.to(device=CPU)

    def cuda(self, device: Any = None, non_blocking: Any = False, memory_format: str = preserve_format) -> Any:
        """The tensor on a CUDA device, the first by default (torch.Tensor.cuda)."""
        where = "cuda" if device is None else f"cuda:{device}" if type(device) is int else device
        return self.to(device=where, memory_format=memory_format)

    def __deepcopy__(self, memo: dict[Any, Any]) -> Any:
        if not self.is_leaf:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment"
            )
        if id(self) not in memo:
            twin = self.detach().clone()  # type: ignore[attr-defined]
            twin.gradient = None if self.gradient is None else self.gradient.detach().clone()
            memo[id(self)] = twin.requires_grad_(self.requires_grad)
        return memo[id(self)]

    @property
    def data(self) -> Any:
        """The same memory without history, whose writes no version counts (torch.Tensor.data)."""
        twin = self.detach()  # type: ignore[attr-defined]
        twin.storage = Storage()
        return twin

    @data.setter
    def data(self, value: TensorBase) -> None:
        if value.dtype.category != self.dtype.category and self.requires_grad:
            raise RuntimeError(
                f"data of dtype {value.dtype} can't be set on a tensor of {self.dtype} that requires grad"
            )
        storage = Storage()
        storage.version = self.storage.version
        self.storage = storage
        self.array = value.array
        if value.array is None:
            self.spec = value.spec  # type: ignore[attr-defined]
        self.kind = self.kind & ~DATA_BITS | value.kind & DATA_BITS
        if isinstance(self.node, AccumulateGrad):
            self.node.shapes, self.node.codes = value.shape, value.dtype.code
