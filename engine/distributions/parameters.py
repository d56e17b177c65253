"""Parameters of distributions: numbers and tensors of one shape, probabilities and their logits."""

from __future__ import annotations

from numbers import Number
from typing import Any

from engine.backend.dtype import get_default_dtype
from engine.backend.limits import finfo
from engine.creation import full
from engine.ops.layouts.aligning import broadcast_tensors
from engine.ops.reductions.softmax import softmax
from engine.tensors import Tensor


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Tensors and numbers as tensors of one shape; numbers take dtype and device of the first tensor.

    ValueError for anything else.
    """
    for each in values:
        if not isinstance(each, Tensor | Number):
            raise ValueError(
                f"Input arguments must all be instances of Number or Tensor, got {type(each).__name__} {each!r}"
            )
    first = next((each for each in values if isinstance(each, Tensor)), None)
    kind, where = (get_default_dtype(), None) if first is None else (first.dtype, first.device)
    made = [each if isinstance(each, Tensor) else full((), each, dtype=kind, device=where) for each in values]
    return broadcast_tensors(*made)


def one_given(probs: Any, logits: Any) -> str:
    """Which of the two is given; ValueError for both or none."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")
    return "logits" if probs is None else "probs"


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities of log odds (`is_binary`), or of log probabilities along the last dimension."""
    return logits.sigmoid() if is_binary else softmax(logits, -1)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Log odds (`is_binary`), or log probabilities; probabilities stay the type's eps away from 0 and 1."""
    inner = clamp_probs(probs)
    return inner.log() - (-inner).log1p() if is_binary else inner.log()


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities between eps and 1 - eps of their type."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)
