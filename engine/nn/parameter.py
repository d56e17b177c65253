"""Parameter and Buffer: the tensors that a Module registers by their type, also before their shape is known."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.autograd.tensor_base import IS_VIEW, NEEDS_GRAD, TensorBase
from engine.creation import empty
from engine.tensors import Tensor


def _leaf(family: type[Tensor], data: Any) -> Any:
    """A tensor of class `family` without history over the memory of `data`, empty by default."""
    source = empty(0) if data is None else data
    leaf = object.__new__(family)
    leaf.array = source.array
    if source.array is None:
        leaf.spec = source.spec
    leaf.storage = source.storage
    leaf.kind = source.kind & ~(NEEDS_GRAD | IS_VIEW)
    leaf.node = leaf.view_of = leaf.gradient = None
    leaf.output_index = 0
    return leaf


class Parameter(Tensor):
    """A tensor that a Module counts among its parameters; it shares the memory of `data` (torch.nn.Parameter)."""

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Parameter:
        """Raise RuntimeError if gradients are wanted for a type that has none."""
        return _leaf(cls, data).requires_grad_(requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(Tensor):
    """A tensor that a Module counts among its buffers; the state dict holds persistent ones (torch.nn.Buffer)."""

    persistent: bool = True

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Buffer:
        """Share the memory of `data`."""
        buffer = _leaf(cls, data)
        buffer.persistent = persistent
        return buffer

    def __deepcopy__(self, memo: dict[int, Any]) -> Buffer:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), persistent=self.persistent)
        return memo[id(self)]


class UninitializedTensor(Tensor):
    """A tensor that has a dtype and a device but no shape yet; whatever asks for more raises."""

    becomes: ClassVar[type[Any]]

    @property
    def array(self) -> Any:
        raise ValueError(
            f"Attempted to use an uninitialized {self._noun()}: its shape is known once the lazy module that holds it "
            "was called. Call `forward` with an example before using its parameters."
        )

    @array.setter
    def array(self, placeholder: Any) -> None:
        _array.__set__(self, placeholder)

    @property
    def shape(self) -> Any:
        raise RuntimeError(
            f"Can't access the shape of an uninitialized {self._noun()}. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Take a shape, and become an ordinary parameter or buffer of undefined values, here, in place."""
        wanted = self.requires_grad
        kind, where = self.dtype if dtype is None else dtype, self.device if device is None else device
        self.__class__ = self.becomes
        self.kind &= ~NEEDS_GRAD
        self.data = empty(tuple(shape), dtype=kind, device=where)
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set whether the tensor will collect gradients."""
        self.kind = self.kind | NEEDS_GRAD if requires_grad else self.kind & ~NEEDS_GRAD
        return self

    def detach(self) -> Any:
        """Itself, which has no history."""
        return self

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """The same with another dtype or on another device."""
        return type(self)._like(empty(0, dtype=self.dtype, device=self.device).to(*args, **kwargs), self.requires_grad)

    @property
    def data(self) -> Any:
        """Itself; assigning another one takes over its dtype and device."""
        return self

    @data.setter
    def data(self, other: Any) -> None:
        needed = self.kind & NEEDS_GRAD
        _array.__set__(self, _array.__get__(other))
        self.kind = (other.kind & ~NEEDS_GRAD) | needed

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = self.to(self.device)
        return memo[id(self)]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @classmethod
    def _like(cls, placeholder: Any, requires_grad: bool) -> Any:
        return _leaf(cls, placeholder).requires_grad_(requires_grad)

    @classmethod
    def _noun(cls) -> str:
        return cls.becomes.__name__.lower()


_array = TensorBase.__dict__["array"]


class UninitializedParameter(UninitializedTensor, Parameter):
    """A parameter whose shape a lazy module finds out when it is first called (torch.nn.UninitializedParameter)."""

    becomes = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        """Remember the dtype and device that the values will have."""
        return cls._like(empty(0, device=device, dtype=dtype), requires_grad)


class UninitializedBuffer(UninitializedTensor, Buffer):
    """A buffer whose shape a lazy module finds out when it is first called (torch.nn.UninitializedBuffer)."""

    becomes = Buffer

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        """Remember the dtype and device that the values will have."""
        buffer = cls._like(empty(0, device=device, dtype=dtype), requires_grad)
        buffer.persistent = persistent
        return buffer
