"""Margins between the scores of classes: what every wrong class may not come nearer than."""

from __future__ import annotations

from typing import Any

from engine.autograd.modes import no_grad
from engine.backend.dtype import int64
from engine.ops.elementwise.activation import relu
from engine.ops.reductions.cumulative import cumprod


def multi_margin(input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None) -> Any:
    """Σ_j w_y max(0, margin - x_y + x_j)^p / C over the classes j but y: scores of [N, C] or [C], one class each.

    Raises ValueError for another p or weights of another rank, RuntimeError for shapes and classes that do not fit.
    """
    if p not in (1, 2):
        raise ValueError(f"only p == 1 and p == 2 supported, got p = {p}")
    if weight is not None and weight.ndim != 1:
        raise ValueError(f"weight must be one-dimensional, got shape {list(weight.shape)}")
    scores = _rows("multi_margin_loss", input)
    examples, classes = scores.shape
    if target.shape not in ([(examples,)] if input.ndim == 2 else [(), (1,)]):
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for multi_margin_loss with input of size "
            f"{list(input.shape)}, which wants [{examples}]"
        )
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(f"inconsistent weight size: {list(weight.shape)} but {classes} classes expect [{classes}]")
    _check_numbers("multi_margin_loss", target, classes, lowest=0)
    own = target.reshape(-1, 1).to(int64)
    gaps = relu(margin - scores.gather(1, own) + scores)
    terms = gaps if p == 1 else gaps * gaps
    if weight is not None:
        terms = terms * weight[own]
    others = terms.detach().new_ones(terms.shape).scatter(1, own, 0.0)
    losses = (terms * others).sum(1) / classes
    return losses.reshape(target.shape if input.ndim == 2 else ())


def multilabel_margin(input: Any, target: Any) -> Any:
    """Σ_jk max(0, 1 - x_j + x_k) / C over the target classes j and the others k: scores of [N, C] or [C].

    The target has the input's shape; its classes end at the first -1. Raises RuntimeError for other shapes and for
    class numbers out of range.
    """
    scores = _rows("multilabel_margin_loss", input)
    if target.shape != input.shape and not (input.ndim == 0 and target.shape == (1,)):
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for multilabel_margin_loss with input of size: "
            f"{list(input.shape)}"
        )
    classes = scores.shape[1]
    _check_numbers("multilabel_margin_loss", target, classes, lowest=-1)
    numbers, wanted, others = _wanted_and_others(scores, target.reshape(scores.shape).to(int64))
    gaps = relu(1 - scores.gather(1, numbers).unsqueeze(2) + scores.unsqueeze(1))
    losses = (gaps * wanted.unsqueeze(2) * others.unsqueeze(1)).sum((1, 2)) / classes
    return losses.reshape(input.shape[:-1])


@no_grad()
def _wanted_and_others(scores: Any, target: Any) -> tuple[Any, Any, Any]:
    """The class numbers with 0 for what does not count; 1 where one counts; 1 for each class that is not wanted."""
    wanted = cumprod((target >= 0).to(int64), 1)
    numbers = target * wanted
    hits = scores.new_zeros(scores.shape).scatter_add(1, numbers, wanted.to(scores.dtype))
    return numbers, wanted.to(scores.dtype), (hits == 0).to(scores.dtype)


def _rows(name: str, input: Any) -> Any:
    """The scores as [N, C]."""
    if input.ndim > 2 or (input.ndim and input.shape[-1] == 0):
        raise RuntimeError(
            f"{name}: expected a non-empty vector or matrix of scores, with at least one class, "
            f"got shape {list(input.shape)}"
        )
    return input if input.ndim == 2 else input.reshape(1, -1)


def _check_numbers(name: str, target: Any, classes: int, lowest: int) -> None:
    if target.array is None or target.device.type != "cpu":
        return
    numbers = target.array
    wrong = numbers[(numbers < lowest) | (numbers >= classes)]
    if wrong.size:
        raise RuntimeError(f"{name}: target out of range: {wrong.flat[0]}, allowed is {lowest} to {classes - 1}")
