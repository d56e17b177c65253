"""Tensor's values as the host reads them: NumPy arrays, Python numbers, truth, text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.autograd.modes import host_read
from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.device import CPU
from engine.tensors.printing import text_of


class Host(TensorBase):
    """Tensor's values as the host reads them; a recorder is told of each."""

    __slots__ = ()

    # NumPy leaves `array * tensor` to the tensor.
    __array_priority__ = 1000

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The same memory as a NumPy array; raises RuntimeError or TypeError where that can't be (torch.Tensor.numpy).

        With `force` gradients are dropped and a tensor of another device is copied.
        """
        host_read("Tensor.numpy()")
        if force:
            return self.detach().cpu().array  # type: ignore[attr-defined]
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self.device != CPU:
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
                "host memory first."
            )
        return self.array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        array = self.numpy()
        return np.array(array, dtype=dtype, copy=copy) if dtype is not None or copy else array

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What NumPy's functions of tensors return: a tensor; truths are uint8, as in PyTorch."""
        plain = np.asarray(array)
        return wrap(self.result_class, plain.astype(np.uint8) if plain.dtype == np.bool_ else plain)

    def is_nonzero(self) -> bool:
        """Whether the only element differs from zero; raises RuntimeError where there are more or none."""
        return bool(self)

    def item(self) -> Any:
        """The only element as a Python number; raises RuntimeError where there are more or none (torch.Tensor.item)."""
        host_read("Tensor.item()")
        if self.array is None:
            raise RuntimeError("Tensor.item() cannot be called on meta tensors")
        if self.array.size != 1:
            raise RuntimeError(f"a Tensor with {self.array.size} elements cannot be converted to Scalar")
        return self.array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers (torch.Tensor.tolist)."""
        host_read("Tensor.tolist()")
        if self.array is None:
            raise NotImplementedError("Cannot copy out of meta tensor; no data!")
        return self.array.tolist()

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))  # type: ignore[attr-defined]

    def __bool__(self) -> bool:
        size = self.as_spec.size
        if size != 1:
            found = "no values" if size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {found} is ambiguous")
        return bool(self.item())

    def __int__(self) -> int:
        return int(self._number())

    def __float__(self) -> float:
        return float(self._number())

    def __complex__(self) -> complex:
        return complex(self._number())

    def _number(self) -> Any:
        if self.array is not None and self.array.size != 1:
            raise ValueError(
                f"only one element tensors can be converted to Python scalars, this one has {self.array.size}"
            )
        return self.item()

    def __index__(self) -> int:
        if self.dtype.is_differentiable or self.as_spec.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __contains__(self, element: Any) -> bool:
        return bool((self == element).any())

    def __format__(self, specification: str) -> str:
        if self.shape or self.array is None:
            return object.__format__(self, specification)
        return format(self.item(), specification)

    def __repr__(self) -> str:
        return text_of(self)
