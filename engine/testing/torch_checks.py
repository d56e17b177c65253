"""Each row beside PyTorch: values, dtypes and first gradients of its samples, special values and all element types."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from engine.autograd.gradients import grad
from engine.autograd.tensor_base import wrap
from engine.backend.dtype import DTYPES, bfloat16, dtype
from engine.tensors import Tensor
from engine.testing.checks import as_tensors, is_float, leaves_of, map_arrays
from engine.testing.row import Row, Sample

TOLERANCES = {
    "bfloat16": 2e-2,
    "float16": 2e-3,
    "float32": 2e-5,
    "float64": 1e-11,
    "complex64": 2e-5,
    "complex128": 1e-11,
}
SPECIAL = (float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 30.0, -30.0)
WHOLE = (0, 1, 2, 3, 7, 100)


def torch_function(row: Row) -> Callable[..., Any]:
    """The function of PyTorch that a row names."""
    import torch  # optional, and as heavy as everything else together

    if callable(row.torch):
        return row.torch
    return functools.reduce(getattr, str(row.torch).split("."), torch)


def to_torch(value: Any) -> Any:
    """An argument as PyTorch takes it: arrays as tensors, our dtypes as its own, the rest as it is."""
    import torch  # optional

    if isinstance(value, np.ndarray | np.generic) and value.dtype == bfloat16.numpy:
        return to_torch(value.astype(np.float32)).bfloat16()
    if isinstance(value, np.ndarray | np.generic):
        return torch.tensor(np.ascontiguousarray(value)).reshape(np.shape(value))
    if isinstance(value, dtype):
        return getattr(torch, value.name)
    if type(value) in (list, tuple):
        return type(value)(map(to_torch, value))
    return value


def check_sample(row: Row, sample: Sample) -> None:
    """Values and dtypes of a sample equal PyTorch's in the row's types, and so do first gradients."""
    function = torch_function(row)
    for name in row.dtypes:
        args = _cast(sample.args, name)
        ours = _outputs(row.op(*as_tensors(args, name), **sample.keywords))
        keywords = {key: to_torch(value) for key, value in sample.keywords.items()}
        theirs = _outputs(function(*map(to_torch, args), **keywords))
        assert len(ours) == len(theirs)
        for mine, right in zip(ours, theirs, strict=True):
            assert_like(mine, right, TOLERANCES[name], row.name)
    if row.gradient:
        _check_gradients(row, sample, function)


def _check_gradients(row: Row, sample: Sample, function: Callable[..., Any]) -> None:
    import torch  # optional

    args = as_tensors(sample.args, requires_grad=True)
    leaves = [each for each in leaves_of(args) if each.requires_grad]
    results = [each for each in _outputs(row.op(*args, **sample.keywords)) if each.requires_grad]
    if not leaves or not results:
        return
    twins: list[Any] = []

    def twin(array: np.ndarray) -> Any:
        made = to_torch(array)
        if is_float(array):
            twins.append(made.requires_grad_())
        return made

    keywords = {key: to_torch(value) for key, value in sample.keywords.items()}
    answers = tuple(each for each in _outputs(function(*_each(sample.args, twin), **keywords)) if each.requires_grad)
    weights = [np.cos(np.arange(each.numel()) + 1.0).reshape(tuple(each.shape)) for each in answers]
    mine = grad(results, leaves, [wrap(Tensor, weight) for weight in weights], allow_unused=True)
    try:
        right = torch.autograd.grad(answers, twins, list(map(to_torch, weights)), allow_unused=True)
    except RuntimeError as error:
        if "not implemented" not in str(error):
            raise
        return
    for gradient, expected in zip(mine, right, strict=True):
        if gradient is None or expected is None:
            for given in (gradient, expected):
                assert given is None or not np.any(np.asarray(given.detach())), f"{row.name}: one gradient is missing"
            continue
        assert_like(gradient, expected, 1e-7, f"gradient of {row.name}")


def check_special_values(row: Row) -> None:
    """NaN, infinities, zeros and large numbers give PyTorch's values, and its gradients at kinks and bounds."""
    arity = len(row.op.signature.inputs)
    columns = [np.array(column) for column in zip(*product(SPECIAL, repeat=arity), strict=True)]
    check_sample(row, Sample(tuple(columns)))


def check_all_dtypes(row: Row) -> None:
    """Each element type, and each pair of them, gives PyTorch's type and values, or its kind of error.

    Complex numbers are for the ops that say so, others refuse them.
    """
    function = torch_function(row)
    for kinds in product(DTYPES, repeat=len(row.op.signature.inputs)):
        if row.op.complex == "refused" and any(kind.is_complex for kind in kinds):
            _assert_refused(row, [np.ones(3, kind.numpy) for kind in kinds], row.name, "complex numbers refused")
            continue
        columns = zip(*product(WHOLE, repeat=len(kinds)), strict=True)
        arrays = [np.array(column).astype(kind.numpy) for column, kind in zip(columns, kinds, strict=True)]
        where = f"{row.name} of {', '.join(kind.name for kind in kinds)}"
        try:
            right = function(*map(to_torch, arrays))
        except (RuntimeError, TypeError) as error:
            _assert_refused(row, arrays, where, error)
            continue
        mine = row.op(*(wrap(Tensor, array) for array in arrays))
        assert_like(mine, right, TOLERANCES.get(mine.dtype.name, 0.0), where)


def _assert_refused(row: Row, arrays: list[np.ndarray], where: str, error: Any) -> None:
    try:
        result = row.op(*(wrap(Tensor, array) for array in arrays))
    except (RuntimeError, TypeError):
        return
    raise AssertionError(f"{where} gives {result.dtype}, but is not for them: {error!r}")


def assert_like(mine: Any, right: Any, tolerance: float, what: str) -> None:
    """Our tensor equals PyTorch's in shape, dtype and values, NaN for NaN."""
    plain = right.detach().resolve_conj()
    expected = (plain.float() if mine.dtype is bfloat16 else plain).numpy()
    assert str(mine.dtype.name) == str(right.dtype).removeprefix("torch."), f"{what}: PyTorch gives {right.dtype}"
    assert mine.shape == expected.shape, f"{what}: PyTorch gives shape {expected.shape}"
    values = mine.array.astype(np.float32) if mine.dtype is bfloat16 else mine.array
    np.testing.assert_allclose(values, expected, rtol=tolerance, atol=tolerance, err_msg=what)


def _outputs(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def _each(args: tuple[Any, ...], twin: Callable[[np.ndarray], Any]) -> list[Any]:
    return [to_torch(each) if not _holds_arrays(each) else map_arrays(each, twin) for each in args]


def _holds_arrays(value: Any) -> bool:
    return isinstance(value, np.ndarray) or (type(value) in (list, tuple) and any(map(_holds_arrays, value)))


def _cast(args: tuple[Any, ...], name: str) -> tuple[Any, ...]:
    return tuple(map_arrays(each, lambda array: array.astype(name) if is_float(array) else array) for each in args)
