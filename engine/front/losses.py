"""Losses as PyTorch's top level has them: how they are reduced is a number, 0 for none, 1 for mean, 2 for sum."""

from __future__ import annotations

from typing import Any

from engine.nn import functional

REDUCTIONS = ("none", "mean", "sum")


def _named(reduction: int) -> str:
    if reduction not in range(len(REDUCTIONS)):
        raise ValueError(f"{reduction!r} is not a valid number of a reduction; 0 is none, 1 is mean, 2 is sum")
    return REDUCTIONS[reduction]


def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, pos_weight: Any = None, reduction: int = 1
) -> Any:
    """The binary cross entropy of scores (torch.binary_cross_entropy_with_logits)."""
    return functional.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight=pos_weight, reduction=_named(reduction)
    )


def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 1) -> Any:
    """1 - cos of pairs that belong together, max(0, cos - margin) of others (torch.cosine_embedding_loss)."""
    return functional.cosine_embedding_loss(input1, input2, target, margin, reduction=_named(reduction))


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 1,
    zero_infinity: bool = False,
) -> Any:
    """The loss of sequences whose labels have no times (torch.ctc_loss)."""
    return functional.ctc_loss(
        log_probs, targets, input_lengths, target_lengths, blank, _named(reduction), zero_infinity
    )


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, reduction: int = 1) -> Any:
    """Distances of what is alike, max(0, margin - distance) of the rest (torch.hinge_embedding_loss)."""
    return functional.hinge_embedding_loss(input, target, margin, reduction=_named(reduction))


def kl_div(input: Any, target: Any, reduction: int = 1, *, log_target: bool = False) -> Any:
    """Kullback and Leibler's divergence of log-probabilities from a target (torch.kl_div)."""
    return functional.kl_div(input, target, reduction=_named(reduction), log_target=log_target)


def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, reduction: int = 1) -> Any:
    """max(0, margin - target (input1 - input2)) (torch.margin_ranking_loss)."""
    return functional.margin_ranking_loss(input1, input2, target, margin, reduction=_named(reduction))


def poisson_nll_loss(input: Any, target: Any, log_input: bool, full: bool, eps: float, reduction: int) -> Any:
    """The negative log-likelihood of counts of Poisson's distribution (torch.poisson_nll_loss)."""
    return functional.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=_named(reduction))


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: int = 1,
) -> Any:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) (torch.triplet_margin_loss)."""
    return functional.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=_named(reduction))
