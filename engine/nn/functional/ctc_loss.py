"""The loss of sequences whose labels have no times, as a function."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from engine.backend.dtype import int64
from engine.creation import tensor
from engine.ops.elementwise.selection import where
from engine.ops.layouts.joining import stack
from engine.ops.layouts.padding import pad
from engine.ops.layouts.splitting import split
from engine.ops.losses.cross_entropy import check_reduction
from engine.ops.losses.ctc import connectionist_loss


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """-log p(target) over all alignments of labels and blanks with time (Graves et al. 2006).

    log_probs are [T, N, C] or [T, C], logarithms of probabilities; targets [N, S], or all of them one after another;
    lengths are tensors or sequences of N numbers. `mean` divides each loss by its target's length and averages;
    `zero_infinity` makes losses of targets that do not fit into their input zero, and their gradients.
    Raises RuntimeError for shapes, lengths and types that do not fit.
    """
    check_reduction(reduction)
    if log_probs.ndim not in (2, 3):
        raise RuntimeError(f"log_probs must be [T, N, C] or [T, C], got shape {list(log_probs.shape)}")
    batched = log_probs.ndim == 3
    probabilities = log_probs if batched else log_probs.unsqueeze(1)
    times, lengths = _lengths(input_lengths, log_probs), _lengths(target_lengths, log_probs)
    if times.shape != probabilities.shape[1:2]:
        raise RuntimeError(
            f"input_lengths must be of size batch_size: got {list(times.shape)}, batch size is {probabilities.shape[1]}"
        )
    if lengths.shape != times.shape:
        raise RuntimeError(
            f"target_lengths must be of size batch_size: got {list(lengths.shape)}, batch size is {times.shape[0]}"
        )
    padded = _padded(targets, lengths, batched)
    losses = connectionist_loss(probabilities, padded, times, lengths, blank)
    if zero_infinity:
        losses = where(losses == math.inf, 0.0, losses)
    if reduction == "mean":
        return (losses / lengths.clamp(min=1).to(losses.dtype)).mean()
    if reduction == "sum":
        return losses.sum()
    return losses if batched else losses.squeeze(0)


def _lengths(given: Any, log_probs: Any) -> Any:
    """Lengths as a tensor of [N] beside log_probs."""
    if isinstance(given, Sequence):
        return tensor(list(given), dtype=int64, device=log_probs.device)
    return given.reshape(given.shape or (1,)).to(log_probs.device)


def _padded(targets: Any, lengths: Any, batched: bool) -> Any:
    """Targets as [N, S], whether they are one below another or one after another."""
    if not batched and targets.ndim < 2:
        return targets.reshape(1, -1)
    if targets.ndim != 1:
        return targets
    sizes = [int(each) for each in lengths.tolist()]
    if sum(sizes) != targets.shape[0]:
        raise RuntimeError(
            f"Expected targets of {sum(sizes)} labels one after another, the sum of target_lengths, "
            f"got shape {list(targets.shape)}"
        )
    longest = max(sizes, default=0)
    return stack([pad(each, (0, longest - each.shape[0])) for each in split(targets, sizes)])


__all__ = ["ctc_loss"]
