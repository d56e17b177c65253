"""Moving a Module to another device or floating type, in place: parameters keep their identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from engine.autograd.tensor_base import TensorBase
from engine.backend.device import device as Device
from engine.backend.dtype import as_dtype, bfloat16, float16, float32, float64
from engine.backend.dtype import dtype as DType
from engine.creation import empty
from engine.nn.module.attributes import Attributes


class Conversion(Attributes):
    """`to`, `float`, `double`, `half`, `bfloat16`, `cpu`, `cuda` and what they share."""

    def to(
        self,
        *args: Any,
        device: Device | str | None = None,
        dtype: DType | None = None,
        non_blocking: bool = False,
    ) -> Self:
        """Move to a device, a floating type, both, or those of a tensor; only floating parts change their type."""
        for each in args:
            if isinstance(each, TensorBase):
                device, dtype = each.device, each.dtype
            elif isinstance(each, DType):
                dtype = each
            elif isinstance(each, Device | str):
                device = each
            elif each is not None and not isinstance(each, bool):
                raise TypeError(f"Module.to() takes a device, a dtype or a tensor, got {type(each).__name__} {each!r}")
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(f"nn.Module.to only accepts floating point dtypes, but got desired dtype={dtype}")

        def moved(tensor: Any) -> Any:
            wanted = dtype if tensor.dtype.is_floating_point else None
            if device is not None:
                tensor = tensor.to(Device(device))
            return tensor if wanted is None else tensor.to(wanted)

        return self._apply(moved)

    def to_empty(self, *, device: Device | str, recurse: bool = True) -> Self:
        """Move to a device without copying values: memory is reserved, its contents are anything."""
        return self._apply(lambda tensor: empty(tensor.shape, dtype=tensor.dtype, device=device), recurse)

    def type(self, dst_type: DType | str) -> Self:
        """Convert all parameters and buffers to a type."""
        return self._apply(lambda tensor: tensor.to(as_dtype(dst_type)))

    def float(self) -> Self:
        """Convert floating parameters and buffers to float32."""
        return self.to(float32)

    def double(self) -> Self:
        """Convert floating parameters and buffers to float64."""
        return self.to(float64)

    def half(self) -> Self:
        """Convert floating parameters and buffers to float16."""
        return self.to(float16)

    def bfloat16(self) -> Self:
        """Convert floating parameters and buffers to bfloat16."""
        return self.to(bfloat16)

    def cpu(self) -> Self:
        """Move to the CPU."""
        return self.to("cpu")

    def cuda(self, device: Device | int | None = None) -> Self:
        """Move to a GPU, the first by default."""
        return self.to(Device("cuda", device) if isinstance(device, int) else device or "cuda")

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Self:
        """Replace the memory of every parameter, its gradient and every buffer by what `fn` makes of it."""
        if recurse:
            for module in self._modules.values():
                if module is not None:
                    module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is None:
                continue
            _replace_memory(parameter, fn)
            if parameter.grad is not None:
                _replace_memory(parameter.grad, fn)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self


def _replace_memory(tensor: Any, fn: Callable[[Any], Any]) -> None:
    before = tensor.detach()
    after = fn(before)
    if after is not before:
        tensor.data = after
