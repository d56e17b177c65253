"""Ufuncs with the calling convention of CuPy's, which have no `where` and few methods."""

from __future__ import annotations

from typing import Any

import numpy as np

from cupy._indexing import ATOMIC, scatter
from cupy._memory import check_device, device_of_result, host_of, launched, refuse_bfloat16, silently

ELEMENTWISE = """
abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh
bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
cbrt ceil conj conjugate copysign cos cosh deg2rad degrees divide divmod equal exp exp2 expm1 fabs float_power floor
floor_divide fmax fmin fmod frexp gcd greater greater_equal heaviside hypot invert isfinite isinf isnan lcm ldexp
left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor
maximum minimum mod modf multiply negative nextafter not_equal positive pow power rad2deg radians reciprocal
remainder right_shift rint sign signbit sin sinh sqrt square subtract tan tanh true_divide trunc
"""

# These are the only ones of half precision that know no bfloat16.
_WITHOUT_BFLOAT16 = ("divmod", "logical_not", "logical_xor")
# CuPy reduces by these two alone.
_REDUCTIONS = {"add": ("sum", "cumsum"), "multiply": ("prod", "cumprod")}


class ufunc:
    """One elementwise function."""

    def __init__(self, function: np.ufunc, name: str) -> None:
        self._function = function
        self.name = f"cupy_{name}"
        self.__name__ = name
        self.nin, self.nout, self.nargs = function.nin, function.nout, function.nargs

    def __repr__(self) -> str:
        return f"<ufunc '{self.name}'>"

    @silently
    def __call__(self, *args: Any, out: Any = None, dtype: Any = None, casting: Any = None, **others: Any) -> Any:
        if others:
            raise TypeError(f"Wrong arguments {others}")
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(f"Wrong number of arguments for {self.name}: {len(args)}")
        given = [each for each in (*args[self.nin :], *(out if isinstance(out, tuple) else (out,))) if each is not None]
        check_device(args, given)
        if self.__name__ in _WITHOUT_BFLOAT16:
            refuse_bfloat16(self, args)
        keywords: dict[str, Any] = {"dtype": dtype} if dtype is not None else {}
        if casting is not None:
            keywords["casting"] = casting
        if given:
            keywords["out"] = tuple(host_of(given))
        result = self._function(*host_of(args[: self.nin]), **keywords)
        if given:
            return given[0] if self.nout == 1 else tuple(given)
        return device_of_result(result)

    def at(self, a: Any, indices: Any, b: Any = None) -> None:
        """Combine values with the elements at positions that may repeat."""
        if self.__name__ not in ATOMIC:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        scatter(a, indices, b, self._function, self.__name__)

    def reduce(self, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False) -> Any:
        """Combine all elements of an axis; sums and products alone."""
        if self.__name__ not in _REDUCTIONS:
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return getattr(array, _REDUCTIONS[self.__name__][0])(axis, dtype, out, keepdims)

    def accumulate(self, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        """Combine the elements of an axis one after the other; sums and products alone."""
        if self.__name__ not in _REDUCTIONS:
            raise NotImplementedError(f"`{self.name}.accumulate` is not supported yet")
        return getattr(array, _REDUCTIONS[self.__name__][1])(axis, dtype, out)

    def reduceat(self, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        """Sums between positions."""
        if self.__name__ != "add":
            raise NotImplementedError(f"`{self.name}.reduceat` is not supported yet")
        return launched(self._function.reduceat, (array, indices), {"axis": axis, "dtype": dtype, "out": out})

    def outer(self, A: Any, B: Any, **keywords: Any) -> Any:
        """All pairs of elements."""
        return launched(self._function.outer, (A, B), keywords)


UFUNCS = {name: ufunc(getattr(np, name), name) for name in ELEMENTWISE.split()}
