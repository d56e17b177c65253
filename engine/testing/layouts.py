"""Elementwise ops on every layout: strides, broadcasting and sharing of memory change no value and no gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.gradients import grad
from engine.autograd.tensor_base import wrap
from engine.tensors import Tensor
from engine.testing.checks import LOOSE, is_float, map_arrays, outputs_of
from engine.testing.row import Row, Sample

Layout = Callable[[np.ndarray], np.ndarray]


def _transposed(array: np.ndarray) -> np.ndarray:
    return np.array(array.T, order="C").T


def _negatively_strided(array: np.ndarray) -> np.ndarray:
    everywhere: Any = (*[slice(None, None, -1)] * array.ndim, ...)
    return np.array(array[everywhere], order="C")[everywhere]


def _spread_out(array: np.ndarray) -> np.ndarray:
    wide: Any = np.full(tuple(2 * length for length in array.shape), 7, array.dtype)
    view = wide[(*[slice(None, None, 2)] * array.ndim, ...)]
    view[...] = array
    return view


def _misaligned(array: np.ndarray) -> np.ndarray:
    memory = np.zeros(array.nbytes + 1, np.uint8)
    view = memory[1:].view(array.dtype).reshape(array.shape)
    view[...] = array
    return view


LAYOUTS: dict[str, Layout] = {
    "transposed": _transposed,
    "negatively strided": _negatively_strided,
    "every second element": _spread_out,
    "misaligned": _misaligned,
}


def check_layouts(row: Row, sample: Sample) -> None:
    """The op gives in each layout what it gives of contiguous copies, gradients included."""
    for name, layout in LAYOUTS.items():
        _assert_same(row, _laid_out(sample, layout), name)


def check_expanded(row: Row, sample: Sample) -> None:
    """Arrays whose elements share memory give what their copies give."""
    first = next((each for each in sample.args if isinstance(each, np.ndarray)), None)
    if first is None or not first.ndim:
        return

    def expand(array: np.ndarray) -> np.ndarray:
        return np.broadcast_to(array[..., :1], array.shape) if array.ndim else array

    _assert_same(row, _laid_out(sample, expand), "expanded")


def check_self_aliased(row: Row, sample: Sample) -> None:
    """`op(x, x)` of one tensor gives what it gives of two equal ones, the gradients added up."""
    if len(row.op.signature.inputs) != 2:
        return
    array = np.asarray(next(each for each in sample.args if isinstance(each, np.ndarray)))
    alone = _tensor(array, row.gradient)
    twins = [_tensor(array, row.gradient) for _ in range(2)]
    mine, right = row.op(alone, alone), row.op(*twins)
    np.testing.assert_array_equal(mine.array, right.array)
    if right.requires_grad:
        weight = wrap(Tensor, np.ones(right.shape))
        (together,) = grad([mine], [alone], [weight])
        apart = grad([right], twins, [weight])
        np.testing.assert_allclose(together.array, sum(each.array for each in apart), rtol=1e-12, atol=1e-12)


def check_special_values(row: Row) -> None:
    """NaN, infinities and signed zeros give what the oracle gives, in each of the row's types."""
    values = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5])
    count = len(row.op.signature.inputs)
    for dtype in row.dtypes:
        args = [np.array(each) for each in np.meshgrid(*[values] * count, indexing="ij")]
        expected = row.oracle(*args)
        mine = row.op(*(wrap(Tensor, each.astype(dtype)) for each in args)).array.astype("float64")
        tolerance = row.rtol * LOOSE[dtype]
        np.testing.assert_allclose(mine, np.asarray(expected, "float64"), rtol=tolerance, atol=tolerance)


def _tensor(array: np.ndarray, requires_grad: bool) -> Any:
    tensor = wrap(Tensor, array)
    return tensor.requires_grad_() if requires_grad and is_float(array) else tensor


def _laid_out(sample: Sample, layout: Layout) -> Sample:
    return Sample(tuple(map_arrays(each, layout) for each in sample.args), sample.keywords)


def _assert_same(row: Row, given: Sample, name: str) -> None:
    copies = _laid_out(given, lambda array: np.array(array, order="C"))
    for mine, expected in zip(_run(row, given), _run(row, copies), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-13, atol=1e-15, err_msg=f"{row.name}, {name}")


def _run(row: Row, sample: Sample) -> list[np.ndarray]:
    """The arrays that the op gives, and the gradients of its inputs."""
    leaves: list[Any] = []

    def leaf(array: np.ndarray) -> Any:
        leaves.append(_tensor(array, row.gradient))
        return leaves[-1]

    outputs = outputs_of(row.op(*(map_arrays(each, leaf) for each in sample.args), **sample.keywords))
    flowing = [each for each in outputs if each.requires_grad]
    wanted = [each for each in leaves if each.requires_grad]
    arrays = [each.array for each in outputs]
    if flowing and wanted:
        weights = [wrap(Tensor, np.cos(np.arange(each.array.size) + 1.0).reshape(each.shape)) for each in flowing]
        arrays += [each.array for each in grad(flowing, wanted, weights, allow_unused=True) if each is not None]
    return arrays
