"""The checks that each row passes: values, shapes, gradients of first and second order, untouched inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.autograd.gradients import grad
from engine.autograd.spec import Spec
from engine.autograd.tensor_base import wrap, wrap_spec
from engine.backend.dtype import as_dtype
from engine.tensors import Tensor
from engine.testing.gradcheck import numeric_direction
from engine.testing.row import Row, Sample

LOOSE = {"float64": 1.0, "float32": 1e5, "float16": 1e8}


def is_float(value: Any) -> bool:
    """Whether a sample's argument is an array that can have a gradient."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def map_arrays(value: Any, change: Any) -> Any:
    """The arguments of a sample with each array changed, lists and tuples of arrays included."""
    if isinstance(value, np.ndarray):
        return change(value)
    if type(value) in (list, tuple) and any(isinstance(each, np.ndarray | list | tuple) for each in value):
        return type(value)(map_arrays(each, change) for each in value)
    return value


def as_tensors(args: Any, dtype: str = "float64", requires_grad: bool = False, constants: tuple[int, ...] = ()) -> Any:
    """The arguments with arrays as tensors, floating ones in `dtype`; those at `constants` never want a gradient."""

    def convert(array: np.ndarray) -> Any:
        return wrap(Tensor, np.array(array, dtype=dtype if array.dtype.kind == "f" else array.dtype))

    def variable(array: np.ndarray) -> Any:
        return convert(array).requires_grad_() if requires_grad and is_float(array) else convert(array)

    return tuple(map_arrays(each, convert if position in constants else variable) for position, each in enumerate(args))


def at_points(row: Row, sample: Sample, arrays: Any, requires_grad: bool = False) -> Any:
    """The arguments as tensors, those that are differentiated with the values of `arrays`."""
    fill = iter(arrays)

    def filled(array: np.ndarray) -> Any:
        if not is_float(array):
            return wrap(Tensor, array)
        return wrap(Tensor, np.asarray(next(fill))).requires_grad_(requires_grad)

    return tuple(
        map_arrays(each, lambda array: wrap(Tensor, array)) if position in row.constants else map_arrays(each, filled)
        for position, each in enumerate(sample.args)
    )


def leaves_of(args: Any) -> list[Any]:
    """The tensors among arguments, in order."""
    found: list[Any] = []
    for each in args:
        if isinstance(each, Tensor):
            found.append(each)
        elif type(each) in (list, tuple):
            found.extend(leaves_of(each))
    return found


def outputs_of(result: Any) -> tuple[Any, ...]:
    """A result as a tuple of its tensors."""
    return tuple(result) if isinstance(result, tuple) else (result,)


def check_values(row: Row, sample: Sample) -> None:
    """The op equals its oracle in each dtype and leaves its inputs untouched."""
    expected = outputs_of(row.oracle(*sample.args, **sample.keywords))
    for dtype in row.dtypes:
        args = as_tensors(sample.args, dtype)
        before = [np.array(each.array) for each in leaves_of(args)]
        results = outputs_of(row.op(*args, **sample.keywords))
        assert len(results) == len(expected)
        for result, right in zip(results, expected, strict=True):
            assert isinstance(result.array, np.ndarray)
            assert result.shape == np.shape(right)
            kind = "complex128" if result.dtype.is_complex else "float64"
            np.testing.assert_allclose(
                result.array.astype(kind),
                np.asarray(right, kind),
                rtol=row.rtol * LOOSE[dtype],
                atol=row.rtol * LOOSE[dtype],
            )
        for tensor, copy in zip(leaves_of(args), before, strict=True):
            np.testing.assert_array_equal(tensor.array, copy)


def check_shape(row: Row, sample: Sample) -> None:
    """The shape rule and the meta device tell what the reference gives."""
    for dtype in row.dtypes:
        args = as_tensors(sample.args, dtype)
        real = outputs_of(row.op(*args, **sample.keywords))
        meta = as_meta(args)
        told = outputs_of(row.op(*meta, **sample.keywords))
        assert [(each.shape, each.dtype) for each in told] == [(each.shape, each.dtype) for each in real]
        assert all(each.device.type == "meta" for each in told)


def as_meta(args: Any) -> Any:
    """The tensors among arguments as tensors of the meta device."""
    return tuple(
        wrap_spec(Tensor, Spec(each.shape, as_dtype(each.dtype)))
        if isinstance(each, Tensor)
        else type(each)(as_meta(each))
        if type(each) in (list, tuple) and leaves_of([each])
        else each
        for each in args
    )


def check_gradient(row: Row, sample: Sample, rng: np.random.Generator) -> None:
    """First gradients equal numeric ones along a random direction; second ones too where the row has them."""
    args = as_tensors(sample.args, requires_grad=True, constants=row.constants)
    leaves = [each for each in leaves_of(args) if each.requires_grad]
    if not leaves:
        return
    results = [each for each in outputs_of(row.op(*args, **sample.keywords)) if each.requires_grad]
    assert results, f"{row.name} gives no output with a gradient"
    weights = [rng.normal(size=each.shape) for each in results]
    directions = [rng.normal(size=each.shape) for each in leaves]
    points = [np.array(each.array) for each in leaves]

    def value(arrays: Any) -> float:
        fresh = at_points(row, sample, arrays)
        outputs = [each for each in outputs_of(row.op(*fresh, **sample.keywords)) if each.dtype.is_floating_point]
        return float(sum((weight * output.array).sum() for weight, output in zip(weights, outputs, strict=False)))

    cotangents = [wrap(Tensor, np.asarray(weight)) for weight in weights]
    gradients = grad(results, leaves, cotangents, create_graph=row.second, allow_unused=True)
    analytic = _along(gradients, directions)
    numeric = numeric_direction(value, points, directions)
    np.testing.assert_allclose(analytic, numeric, rtol=2e-6, atol=2e-7, err_msg=f"first gradient of {row.name}")
    for leaf, gradient in zip(leaves, gradients, strict=True):
        assert gradient is None or (gradient.shape == leaf.shape and gradient.dtype is leaf.dtype)
    if row.second:
        _check_second(row, sample, rng, leaves, gradients, weights, directions, points)


def _along(gradients: Any, directions: Any) -> float:
    return float(
        sum(
            (gradient.array * direction).sum()
            for gradient, direction in zip(gradients, directions, strict=True)
            if gradient is not None
        )
    )


def _check_second(
    row: Row,
    sample: Sample,
    rng: np.random.Generator,
    leaves: Any,
    gradients: Any,
    weights: Any,
    directions: Any,
    points: Any,
) -> None:
    probes = [rng.normal(size=point.shape) for point in points]

    def slope(arrays: Any) -> float:
        fresh = at_points(row, sample, arrays, requires_grad=True)
        results = [each for each in outputs_of(row.op(*fresh, **sample.keywords)) if each.requires_grad]
        cotangents = [wrap(Tensor, np.asarray(weight)) for weight in weights]
        found = grad(results, [each for each in leaves_of(fresh) if each.requires_grad], cotangents, allow_unused=True)
        return _along(found, probes)

    numeric = numeric_direction(slope, points, directions, step=1e-5)
    connected = [
        (each, probe) for each, probe in zip(gradients, probes, strict=True) if each is not None and each.requires_grad
    ]
    if not connected:
        np.testing.assert_allclose(
            numeric, 0.0, atol=1e-5, err_msg=f"{row.name} has no second gradient, yet it is not zero"
        )
        return
    second = grad(
        [each for each, _ in connected],
        leaves,
        [wrap(Tensor, np.asarray(probe)) for _, probe in connected],
        allow_unused=True,
    )
    np.testing.assert_allclose(
        _along(second, directions), numeric, rtol=2e-5, atol=2e-6, err_msg=f"second gradient of {row.name}"
    )
