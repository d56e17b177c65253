"""Functions that NumPy and CuPy share, each with the parameters that CuPy's has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from cupy._memory import is_array, launched
from cupy._transfers import host_waits

# A line is a function and its parameters, in CuPy's order.
TABLE = """
all a axis out keepdims
allclose a b rtol atol equal_nan
amax a axis out keepdims
amin a axis out keepdims
any a axis out keepdims
arange start stop step dtype
argmax a axis dtype out keepdims
argmin a axis dtype out keepdims
argpartition a kth axis
around a decimals out
array_equal a1 a2 equal_nan
ascontiguousarray a dtype
asfortranarray a dtype
astype x dtype copy
atleast_1d *arys
atleast_2d *arys
atleast_3d *arys
bincount x weights minlength
broadcast_arrays *args
broadcast_to array shape
choose a choices out mode
clip a a_min a_max out
column_stack tup
compress condition a axis out
concatenate tup axis out dtype casting
copy a order
count_nonzero a axis
cumprod a axis dtype out
cumsum a axis dtype out
delete arr indices axis
diag v k
diagflat v k
diagonal a offset axis1 axis2
diff a n axis prepend append
digitize x bins right
dot a b out
einsum *operands **kwargs
empty shape dtype order
empty_like prototype dtype order subok shape
expand_dims a axis
extract condition a
eye N M k dtype order
flip a axis
fliplr a
flipud a
full shape fill_value dtype order
full_like a fill_value dtype order subok shape
histogram x bins range density weights
hsplit ary indices_or_sections
hstack tup dtype casting
identity n dtype
inner a b
intersect1d arr1 arr2 assume_unique return_indices
isclose a b rtol atol equal_nan
isin element test_elements assume_unique invert
isneginf x out
isposinf x out
kron a b
lexsort keys
linspace start stop num endpoint retstep dtype axis
matrix_transpose x
max a axis out keepdims
mean a axis dtype out keepdims
meshgrid *xi **kwargs
min a axis out keepdims
moveaxis a source destination
nan_to_num x copy nan posinf neginf
nanargmax a axis dtype out keepdims
nanargmin a axis dtype out keepdims
nancumprod a axis dtype out
nancumsum a axis dtype out
nanmax a axis out keepdims
nanmean a axis dtype out keepdims
nanmin a axis out keepdims
nanprod a axis dtype out keepdims
nanstd a axis dtype out ddof keepdims
nansum a axis dtype out keepdims
nanvar a axis dtype out ddof keepdims
ones shape dtype order
ones_like a dtype order subok shape
outer a b out
pad array pad_width mode **kwargs
partition a kth axis
percentile a q axis out overwrite_input method keepdims
permute_dims a axes
prod a axis dtype out keepdims
ptp a axis out keepdims
put_along_axis arr indices values axis
putmask a mask values
quantile a q axis out overwrite_input method keepdims
ravel a order
ravel_multi_index multi_index dims mode order
repeat a repeats axis
reshape a newshape order copy
roll a shift axis
rollaxis a axis start
rot90 a k axes
round a decimals out
searchsorted a v side sorter
select condlist choicelist default
setdiff1d ar1 ar2 assume_unique
split ary indices_or_sections axis
squeeze a axis
stack tup axis out dtype casting
std a axis dtype out ddof keepdims
sum a axis dtype out keepdims
swapaxes a axis1 axis2
take a indices axis out
take_along_axis a indices axis
tensordot a b axes
tile A reps
trace a offset axis1 axis2 dtype out
transpose a axes
tri N M k dtype
tril m k
tril_indices n k m
triu m k
triu_indices n k m
union1d arr1 arr2
unique ar return_index return_inverse return_counts axis equal_nan
unravel_index indices dims order
var a axis dtype out ddof keepdims
vdot a b
vsplit ary indices_or_sections
vstack tup dtype casting
zeros shape dtype order
zeros_like a dtype order subok shape
"""

# CuPy's own code reads sizes or truths of device arrays in these.
_WAITING = (
    "bincount choose compress delete extract histogram intersect1d nanmax nanmin putmask ravel_multi_index "
    "setdiff1d tril_indices triu_indices union1d unique unravel_index"
)
# These make arrays from numbers alone.
_MAKING = "arange empty eye full identity linspace ones tri tril_indices triu_indices zeros"
# NumPy's answers to these are Python's, CuPy's are 0-d arrays.
_TRUTHS = "allclose array_equal count_nonzero"
WAITING, MAKING, TRUTHS = (frozenset(each.split()) for each in (_WAITING, _MAKING, _TRUTHS))


def _lifted(name: str, parameters: list[str]) -> Callable[..., Any]:
    function = getattr(np, name)
    own = list(inspect.signature(function).parameters) if name not in ("arange", "empty", "zeros") else parameters
    open_ended = any(each.startswith("*") for each in parameters)
    renamed = dict(zip(parameters, own, strict=False))

    def call(*args: Any, **keywords: Any) -> Any:
        if not open_ended and (len(args) > len(parameters) or set(keywords) - set(parameters)):
            raise TypeError(f"cupy.{name}() takes {parameters}, got {len(args)} arguments and {sorted(keywords)}")
        if not open_ended:
            keywords.update(zip(parameters, args, strict=False))
            args = ()
        _check_arrays(name, args, keywords)
        if name in WAITING or (name == "repeat" and not isinstance(keywords["repeats"], int)):
            host_waits(f"{name}()")
        if open_ended:
            return launched(function, args, keywords)
        return _launched_by_position(function, own, {renamed[each]: value for each, value in keywords.items()}, name)

    call.__name__ = name
    return call


def _launched_by_position(function: Any, own: list[str], keywords: dict[str, Any], name: str) -> Any:
    if name in MAKING:
        return launched(function, _leading(own, keywords), keywords)
    out = keywords.get("out")
    leading = _leading(own, keywords)

    def run(*args: Any, **options: Any) -> Any:
        result = function(*args, **options)
        return np.asarray(result) if name in TRUTHS else result

    run.__name__ = name
    return launched(run, leading, keywords if out is None else {**keywords, "out": out})


def _leading(own: list[str], keywords: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments that come first without a gap, taken out of the keywords: some of NumPy's have no names."""
    leading = []
    for each in own:
        if each not in keywords or each in ("dtype", "out"):
            break
        leading.append(keywords.pop(each))
    return tuple(leading)


def _check_arrays(name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    if name in MAKING:
        return
    if not any(_has_array(each) for each in (*args, *keywords.values())):
        raise TypeError(f"cupy.{name}() needs a device array, got {args} and {keywords}")


def _has_array(value: Any) -> bool:
    return is_array(value) or (isinstance(value, list | tuple) and any(_has_array(each) for each in value))


FUNCTIONS = {name: _lifted(name, parameters) for name, *parameters in map(str.split, TABLE.strip().splitlines())}
