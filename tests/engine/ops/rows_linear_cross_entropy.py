"""Rows of the cross entropy of a linear layer's scores in chunks, and of its backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.ops.losses import linear_cross_entropy
from engine.testing.row import Sample, row, sample

IGNORED = -100


def calls(rng: np.random.Generator) -> list[Sample]:
    target = np.array([0, 3, IGNORED, 1, 3])
    bias, weight = rng.normal(size=4), rng.uniform(0.5, 2, 4)
    return [
        sample(rng.normal(size=(5, 3)), rng.normal(size=(4, 3)), target, *given, IGNORED, reduction, chunk)
        for given in ((None, None), (bias, weight))
        for reduction, chunk in (("mean", 2), ("sum", 5), ("none", 3), ("mean", 9))
    ] + [sample(np.zeros((0, 3)), rng.normal(size=(4, 3)), target[:0], bias, None, IGNORED, "sum", 2)]


def probabilities(input: Any, linear_weight: Any, bias: Any) -> np.ndarray:
    scores = input @ linear_weight.T + (0 if bias is None else bias)
    return np.exp(scores) / np.exp(scores).sum(1, keepdims=True)


def shares(target: np.ndarray, weight: Any, ignored: int) -> np.ndarray:
    return np.where(target == ignored, 0, 1.0 if weight is None else weight[np.maximum(target, 0)])


def loss(
    input: Any, linear_weight: Any, target: Any, bias: Any, weight: Any, ignored: int, reduction: str, chunk: int
) -> np.ndarray:
    own = shares(target, weight, ignored)
    chosen = probabilities(input, linear_weight, bias)[np.arange(len(target)), np.maximum(target, 0)]
    losses = np.where(own > 0, -np.log(chosen) * own, 0)
    if reduction == "none":
        return losses
    return losses.sum() / (own.sum() if reduction == "mean" else 1)


def backwards(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=np.shape(loss(*call.args))), *call.args) for call in calls(rng)]


def gradients(
    upstream: Any,
    input: Any,
    linear_weight: Any,
    target: Any,
    bias: Any,
    weight: Any,
    ignored: int,
    reduction: str,
    chunk: int,
) -> tuple[np.ndarray, ...]:
    own = shares(target, weight, ignored)
    slope = probabilities(input, linear_weight, bias) - np.eye(len(linear_weight))[np.maximum(target, 0)]
    slope = slope * np.reshape(upstream * own / (own.sum() if reduction == "mean" else 1), (-1, 1))
    return slope @ linear_weight, slope.T @ input, slope.sum(0)


row(linear_cross_entropy.chunked_linear_cross_entropy, loss, calls, constants=(4,))
row(linear_cross_entropy.chunked_linear_cross_entropy_backward, gradients, backwards, constants=(5,))
