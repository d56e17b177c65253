"""The device array: a class of its own around a NumPy array that nothing but this package reads."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cupy._indexing import getitem, scatter, setitem
from cupy._memory import array_class, check_device, is_array, launched, refuse_bfloat16, silently, view_of, wrap
from cupy._transfers import device_receives, host_waits
from cupy._ufuncs import UFUNCS
from cupy.cuda import Device

IMPLICIT = (
    "Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy array explicitly."
)
SCALARS = (bool, int, float, complex, np.generic)

# Method and parameters, in CuPy's order.
COMPUTED = {
    "all": "axis out keepdims",
    "any": "axis out keepdims",
    "argmax": "axis out keepdims",
    "argmin": "axis out keepdims",
    "argpartition": "kth axis",
    "clip": "min max out",
    "conj": "",
    "conjugate": "",
    "cumprod": "axis dtype out",
    "cumsum": "axis dtype out",
    "dot": "b out",
    "flatten": "order",
    "max": "axis out keepdims",
    "mean": "axis dtype out keepdims",
    "min": "axis out keepdims",
    "prod": "axis dtype out keepdims",
    "repeat": "repeats axis",
    "round": "decimals out",
    "searchsorted": "v side sorter",
    "std": "axis dtype out ddof keepdims",
    "sum": "axis dtype out keepdims",
    "trace": "offset axis1 axis2 dtype out",
    "var": "axis dtype out ddof keepdims",
}
SEEN = {
    "diagonal": "offset axis1 axis2",
    "ravel": "order",
    "squeeze": "axis",
    "swapaxes": "axis1 axis2",
    "view": "dtype",
}


class Flags:
    """How an array lies in memory; there is no `writeable`."""

    __slots__ = ("c_contiguous", "f_contiguous", "owndata")

    def __init__(self, array: Any) -> None:
        self.c_contiguous = array._host.flags.c_contiguous
        self.f_contiguous = array._host.flags.f_contiguous
        self.owndata = array._base is None

    @property
    def forc(self) -> bool:
        """Whether the elements lie without gaps in either order."""
        return self.c_contiguous or self.f_contiguous


class MemoryPointer:
    """Where an array's first element lies."""

    def __init__(self, host: np.ndarray, device: Device) -> None:
        self.ptr: int = host.__array_interface__["data"][0]
        self.device = device
        self.device_id = device.id


@array_class
class ndarray:
    """An array on a device."""

    __slots__ = ("__weakref__", "_base", "_device", "_host")
    __hash__ = None  # type: ignore[assignment]
    __array_priority__ = 100

    _base: Any
    _host: np.ndarray
    _device: Device

    def __init__(
        self, shape: Any, dtype: Any = float, memptr: Any = None, strides: Any = None, order: str = "C"
    ) -> None:
        if memptr is not None or strides is not None:
            raise NotImplementedError("the double makes no array over given memory")
        self._host = np.empty(shape, dtype, order)  # type: ignore[call-overload]
        self._device = Device()
        self._base = None

    shape = property(lambda self: self._host.shape, lambda self, shape: setattr(self._host, "shape", shape))
    dtype = property(lambda self: self._host.dtype)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    itemsize = property(lambda self: self._host.itemsize)
    nbytes = property(lambda self: self._host.nbytes)
    strides = property(lambda self: self._host.strides)
    flags = property(lambda self: Flags(self))
    data = property(lambda self: MemoryPointer(self._host, self._device))
    device = property(lambda self: self._device)
    T = property(lambda self: self.transpose())
    mT = property(lambda self: self.swapaxes(-1, -2))
    base = property(lambda self: self._base)
    real = property(lambda self: view_of(self, self._host.real), lambda self, value: setitem(self.real, ..., value))
    imag = property(lambda self: _imaginary(self), lambda self, value: setitem(self.imag, ..., value))

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "descr": self.dtype.descr,
            "version": 3,
            "strides": None if self.flags.c_contiguous else self.strides,
            "data": (self.data.ptr if self.size else 0, False),
        }

    def get(self, stream: Any = None, order: str = "C", out: Any = None, blocking: bool = True) -> np.ndarray:
        """A copy in the host's memory."""
        host_waits("get()")
        if out is None:
            return np.array(self._host, order=order)  # type: ignore[call-overload]
        out[...] = self._host
        return out

    def set(self, arr: Any, stream: Any = None) -> None:
        """Fill with a NumPy array of this shape and type."""
        if not isinstance(arr, np.ndarray) or (arr.dtype, arr.shape) != (self.dtype, self.shape):
            raise TypeError("Only a numpy.ndarray of the same shape and dtype can be set to cupy.ndarray")
        device_receives("set()")
        self._host[...] = arr

    def __array__(self, dtype: Any = None) -> np.ndarray:
        raise TypeError(IMPLICIT)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        if method != "__call__" or ufunc.__name__ not in UFUNCS:
            return NotImplemented
        if "out" in keywords:
            keywords["out"] = keywords["out"][0]
        return UFUNCS[ufunc.__name__](*inputs, **keywords)

    def item(self) -> Any:
        """The only element as a Python number."""
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self.get().item()

    def tolist(self) -> Any:
        """The elements as nested lists."""
        return self.get().tolist()

    def tobytes(self, order: Any = "C") -> bytes:
        """The elements' bytes."""
        return self.get().tobytes(order)

    def __bool__(self) -> bool:
        if self.size == 1:
            return bool(self.get())
        raise ValueError("The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()")

    def __int__(self) -> int:
        return int(self.get())

    def __float__(self) -> float:
        return float(self.get())

    def __repr__(self) -> str:
        return repr(self.get())

    def __str__(self) -> str:
        return str(self.get())

    def __format__(self, specification: str) -> str:
        return format(self.get(), specification)

    def __len__(self) -> int:
        return len(self._host)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[number] for number in range(self.shape[0]))

    def __getitem__(self, key: Any) -> Any:
        return getitem(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        setitem(self, key, value)

    def __matmul__(self, other: Any) -> Any:
        return launched(np.matmul, (self, other), {}) if is_array(other) else NotImplemented

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        with self._device:
            return self.copy()

    def scatter_add(self, slices: Any, value: Any) -> None:
        """Add values at positions that may repeat."""
        scatter(self, slices, value, np.add, "add")

    @silently
    def astype(self, dtype: Any, order: Any = "K", casting: Any = None, subok: Any = None, copy: bool = True) -> Any:
        """The elements in another type."""
        if casting is not None or subok is not None:
            raise TypeError("casting and subok are not supported yet")
        check_device(self)
        host = self._host.astype(dtype, order or "K", copy=bool(copy))
        return self if host is self._host else wrap(host, self._device)

    def copy(self, order: Any = "C") -> Any:
        """A copy on the current device."""
        return wrap(self._host.copy(order))

    def fill(self, value: Any) -> None:
        """Write one number everywhere; raises ValueError for a NumPy array that isn't 0-d."""
        if isinstance(value, np.ndarray) and value.shape != ():
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        setitem(self, ..., value)

    def reshape(self, *shape: Any, order: str = "C", copy: Any = None) -> Any:
        """Another shape, a view where strides allow."""
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], list | tuple) else shape
        return _maybe_view(self, self._host.reshape(tuple(map(operator.index, wanted)), order=order, copy=copy))  # type: ignore[call-overload]

    def transpose(self, *axes: Any) -> Any:
        """A view with its axes in another order."""
        return view_of(self, self._host.transpose(*axes))

    def take(self, indices: Any, axis: Any = None, out: Any = None) -> Any:
        """The elements at positions of an axis, which wrap around."""
        if isinstance(indices, list | tuple | np.ndarray):
            device_receives("positions from the host in take()")
            indices = wrap(np.asarray(indices, "int64"))
        return launched(np.take, (self, indices), {"axis": axis, "out": out, "mode": "wrap"})

    def nonzero(self) -> tuple[Any, ...]:
        """The positions of what isn't zero; the host waits for how many there are."""
        host_waits("nonzero()")
        return launched(np.nonzero, (self,), {})

    def sort(self, axis: int = -1, kind: Any = None) -> None:
        """Sort in place, stably."""
        _check_kind(kind)
        check_device(self)
        refuse_bfloat16(np.sort, self)
        self._host.sort(axis, kind="stable")

    def argsort(self, axis: Any = -1, kind: Any = None) -> Any:
        """The positions that sort, stably."""
        _check_kind(kind)
        return launched(np.argsort, (self,), {"axis": axis, "kind": "stable"})


def _imaginary(array: Any) -> Any:
    """The imaginary parts: a view of complex numbers, new zeros of real ones."""
    return view_of(array, array._host.imag) if array.dtype.kind == "c" else wrap(np.zeros_like(array._host))


def _maybe_view(source: Any, host: np.ndarray) -> Any:
    return view_of(source, host) if np.may_share_memory(source._host, host) else wrap(host, source._device)


def _check_kind(kind: Any) -> None:
    if kind not in (None, "stable"):
        raise ValueError(f"only stable sorting is supported, got kind {kind!r}")


def _method(name: str, parameters: list[str], computes: bool) -> Callable[..., Any]:
    def call(self: Any, *args: Any, **keywords: Any) -> Any:
        if len(args) > len(parameters) or set(keywords) - set(parameters):
            raise TypeError(f"cupy.ndarray.{name}() takes {parameters}, got {args} and {keywords}")
        keywords.update(zip(parameters, args, strict=False))
        if name == "dot":
            return launched(np.dot, (self, keywords["b"]), {})
        if name == "repeat" and not isinstance(keywords["repeats"], int):
            host_waits("repeat() by an array")
        if computes:
            return launched(computed, (self,), keywords)
        if name == "view":
            return view_of(self, self._host.view(*keywords.values()))
        if name == "swapaxes":
            # NumPy's takes no names.
            return view_of(self, self._host.swapaxes(keywords["axis1"], keywords["axis2"]))
        return _maybe_view(self, getattr(self._host, name)(**keywords))

    def computed(host: np.ndarray, **options: Any) -> Any:
        return getattr(host, name)(**options)

    call.__name__ = computed.__name__ = name
    return call


for _name, _parameters in COMPUTED.items():
    setattr(ndarray, _name, _method(_name, _parameters.split(), True))
for _name, _parameters in SEEN.items():
    setattr(ndarray, _name, _method(_name, _parameters.split(), False))


def _operator(name: str, reflected: bool, in_place: bool) -> Callable[..., Any]:
    function = UFUNCS[name]

    def call(self: Any, other: Any) -> Any:
        if not is_array(other) and not isinstance(other, SCALARS):
            if isinstance(other, np.ndarray):
                raise TypeError(f"Unsupported type {type(other)}")
            return NotImplemented
        if in_place:
            return function(self, other, out=self)
        return function(other, self) if reflected else function(self, other)

    return call


OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "pow": "power",
    "lshift": "left_shift",
    "rshift": "right_shift",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
}
COMPARISONS = {
    "lt": "less",
    "le": "less_equal",
    "eq": "equal",
    "ne": "not_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}
for _name, _function in OPERATORS.items():
    setattr(ndarray, f"__{_name}__", _operator(_function, False, False))
    setattr(ndarray, f"__r{_name}__", _operator(_function, True, False))
    setattr(ndarray, f"__i{_name}__", _operator(_function, False, True))
for _name, _function in COMPARISONS.items():
    setattr(ndarray, f"__{_name}__", _operator(_function, False, False))
for _name, _function in UNARY.items():
    setattr(ndarray, f"__{_name}__", lambda self, _ufunc=UFUNCS[_function]: _ufunc(self))
