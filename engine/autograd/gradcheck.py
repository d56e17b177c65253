"""gradcheck and gradgradcheck: gradients beside differences of the function (torch.autograd.gradcheck)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.gradcheck_jacobians import (
    Points,
    analytic_columns,
    analytic_product,
    numeric_columns,
    numeric_product,
    outputs_of,
    random_like,
)
from engine.autograd.gradients import grad
from engine.autograd.tensor_base import TensorBase

_PRECISE = ("float64", "complex128")


class GradcheckError(RuntimeError):
    """Gradients and differences of a function disagree."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Whether the gradients of `func` are its central differences of width 2 `eps`, for inputs that require grad.

    |gradient - difference| ≤ atol + rtol |difference| must hold for each pair of an output's and an input's element,
    or, in `fast_mode`, along a random direction. Two walks may differ by `nondet_tol`. Each output's gradient is asked
    for without the others', so absent ones are always among what is checked. Raises GradcheckError naming output,
    input and the largest difference, or returns False without `raise_exception`; ValueError where no input requires
    grad; NotImplementedError for the batched and forward modes, which don't exist here (torch.autograd.gradcheck).
    """
    _refuse(
        check_batched_grad=check_batched_grad,
        check_batched_forward_grad=check_batched_forward_grad,
        check_forward_ad=check_forward_ad,
    )
    if not check_backward_ad:
        raise ValueError("gradcheck: nothing is left to check with check_backward_ad=False")
    points = _checked(inputs)
    try:
        _check(func, points, eps, atol, rtol, nondet_tol, check_grad_dtypes, fast_mode)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """`gradcheck` of the function that gives the gradients of `func`, for inputs and `grad_outputs`, random by default.

    (torch.autograd.gradgradcheck)
    """
    _refuse(check_fwd_over_rev=check_fwd_over_rev)
    if not check_rev_over_rev:
        raise ValueError("gradgradcheck: nothing is left to check with check_rev_over_rev=False")
    points = _checked(inputs)
    if grad_outputs is None:
        outputs = outputs_of(func(*points.values))
        weights = tuple(random_like(each, gen_non_contig_grad_outputs).requires_grad_() for each in outputs)
    else:
        weights = grad_outputs if isinstance(grad_outputs, tuple) else (grad_outputs,)
    count = len(points.values)

    def gradients(*args: Any) -> tuple[Any, ...]:
        values, upstream = args[:count], args[count:]
        wanted = [each for each in values if isinstance(each, TensorBase) and each.requires_grad]
        found = grad(outputs_of(func(*values)), wanted, upstream, create_graph=True, allow_unused=True)
        return tuple(each for each in found if each is not None)

    return gradcheck(
        gradients, (*points.values, *weights), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        nondet_tol=nondet_tol, check_undefined_grad=check_undefined_grad, check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad, fast_mode=fast_mode, masked=masked,
    )  # fmt: skip


def _refuse(**asked: bool) -> None:
    for name, wanted in asked.items():
        if wanted:
            raise NotImplementedError(f"gradcheck: {name}=True is not supported: there is no forward or batched mode")


def _checked(inputs: Any) -> Points:
    """The inputs as points; ValueError where none requires grad, a warning for those of low precision."""
    values = tuple(inputs) if isinstance(inputs, tuple | list) else (inputs,)
    points = Points(values)
    if not points.places:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    for place in points.places:
        tensor = values[place]
        if tensor.dtype.name not in _PRECISE:
            warnings.warn(
                f"Input #{place} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex.",
                stacklevel=3,
            )
        for step, length in zip(tensor.stride(), tensor.shape, strict=True):
            if step == 0 and length > 1:
                raise RuntimeError(
                    f"The {place}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                    "non-overlapping to be able to compute the numerical gradients correctly. You should call "
                    ".contiguous on the input before passing it to gradcheck."
                )
    return points


def _check(
    func: Callable[..., Any],
    points: Points,
    eps: float,
    atol: float,
    rtol: float,
    nondet_tol: float,
    check_types: bool,
    fast: bool,
) -> None:
    outputs = outputs_of(func(*points.values))
    for number, output in enumerate(outputs):
        for place in points.places:
            if fast:
                found, expected = _along_a_direction(func, points, number, output, place, eps)
                again = found
            else:
                found = analytic_columns(output, points.values[place], check_types, _error)
                again = analytic_columns(output, points.values[place], False, _error)
                expected = numeric_columns(func, points, number, output, place, eps)
            _compare(found, expected, number, place, atol, rtol)
            if found.size and float(np.abs(found - again).max()) > nondet_tol:
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times "
                    "gives different values, although analytical gradient matches numerical gradient. The tolerance "
                    f"for nondeterminism was {nondet_tol}. Output {number}, input {place}, largest difference "
                    f"{float(np.abs(found - again).max()):.3g}."
                )


def _along_a_direction(
    func: Callable[..., Any], points: Points, number: int, output: Any, place: int, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    direction = generator.standard_normal(points.width(place))
    weights = generator.standard_normal(2 * output.numel() if output.dtype.is_complex else output.numel())
    found = analytic_product(output, points.values[place], direction, weights)
    return np.array([found]), np.array([numeric_product(func, points, number, place, eps, direction, weights)])


def _compare(found: np.ndarray, expected: np.ndarray, number: int, place: int, atol: float, rtol: float) -> None:
    differences = np.abs(found - expected)
    wrong = ~(differences <= atol + rtol * np.abs(expected))
    if not wrong.any():
        return
    row, column = (int(each[0]) for each in np.atleast_2d(wrong).nonzero())
    largest = float(np.nanmax(differences)) if not np.isnan(differences).all() else float("nan")
    raise GradcheckError(
        f"Jacobian mismatch for output {number} with respect to input {place},\n"
        f"numerical:{expected}\nanalytical:{found}\n"
        f"The largest difference is {largest:.6g}; {int(wrong.sum())} of {wrong.size} entries differ, the first at "
        f"[{row}, {column}] of [element of the input, element of the output]."
    )


def _error(message: str) -> GradcheckError:
    return GradcheckError(message)


__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]
