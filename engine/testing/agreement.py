"""One call of ours beside the same call of PyTorch: values, dtypes, first gradients, or the same kind of error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.gradients import grad
from engine.autograd.tensor_base import wrap
from engine.tensors import Tensor
from engine.testing.torch_checks import TOLERANCES, assert_like, to_torch


def agree(
    ours: Callable[..., Any],
    theirs: Callable[..., Any],
    *args: Any,
    gradient: bool = True,
    tolerance: float | None = None,
    **keywords: Any,
) -> None:
    """Assert that both functions say the same of the same arguments, in which arrays stand for tensors.

    Floating arguments are differentiated; arrays among the keywords are not.
    """
    mine = [_tensor(each, gradient) for each in args]
    right = [_twin(each, gradient) for each in args]
    our_keywords = {key: _tensor(each, False) for key, each in keywords.items()}
    their_keywords = {key: to_torch(each) for key, each in keywords.items()}
    answers, failure = _outcome(theirs, right, their_keywords)
    results, own_failure = _outcome(ours, mine, our_keywords)
    assert type(own_failure) is type(failure), f"PyTorch: {failure or answers}; ours: {own_failure or results}"
    what = f"{getattr(ours, '__name__', ours)} of {[getattr(each, 'shape', each) for each in args]} {keywords}"
    assert len(results) == len(answers), what
    for result, answer in zip(results, answers, strict=True):
        allowed = TOLERANCES.get(result.dtype.name, 0.0) if tolerance is None else tolerance
        assert_like(result, answer, allowed, what)
    if any(answer.requires_grad for answer in answers):
        _assert_same_gradients(mine, right, results, answers, tolerance, f"gradient of {what}")


def _tensor(value: Any, gradient: bool) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    made = wrap(Tensor, value.copy())
    return made.requires_grad_() if gradient and value.dtype.kind == "f" else made


def _twin(value: Any, gradient: bool) -> Any:
    made = to_torch(value)
    return made.requires_grad_() if gradient and isinstance(value, np.ndarray) and value.dtype.kind == "f" else made


def _outcome(function: Callable[..., Any], args: list[Any], keywords: dict[str, Any]) -> tuple[list[Any], Any]:
    try:
        result = function(*args, **keywords)
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        return [], error
    return list(result) if isinstance(result, tuple | list) else [result], None


def _assert_same_gradients(
    mine: list[Any], right: list[Any], results: list[Any], answers: list[Any], tolerance: float | None, what: str
) -> None:
    import torch  # optional, and as heavy as everything else together

    chosen = [index for index, answer in enumerate(answers) if answer.requires_grad]
    weights = [np.cos(1.0 + np.arange(results[each].numel())).reshape(results[each].shape) for each in chosen]
    cast = [weight.astype(results[each].dtype.numpy) for each, weight in zip(chosen, weights, strict=True)]
    leaves = [each for each in mine if isinstance(each, Tensor) and each.requires_grad]
    twins = [each for each in right if isinstance(each, torch.Tensor) and each.requires_grad]
    expected = torch.autograd.grad(
        [answers[each] for each in chosen], twins, list(map(to_torch, cast)), allow_unused=True
    )
    found = grad([results[each] for each in chosen], leaves, [wrap(Tensor, each) for each in cast], allow_unused=True)
    for gradient, wanted in zip(found, expected, strict=True):
        if gradient is None or wanted is None:
            assert all(each is None or not np.any(np.asarray(each.detach())) for each in (gradient, wanted)), what
            continue
        allowed = 4 * TOLERANCES[gradient.dtype.name] if tolerance is None else tolerance
        assert_like(gradient, wanted, allowed, what)
