"""Rows of losses."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from engine.ops.losses import cross_entropy as fused
from engine.ops.losses import loss as ops
from engine.testing.row import Sample, row, sample


def classified(weighted: bool) -> Any:
    """Calls with every reduction, smoothing, ignored targets and all ranks."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        weight = rng.uniform(0.5, 2, 5) if weighted else None

        def call(shape: tuple[int, ...], ignored: int = -100, **keywords: Any) -> Sample:
            target = rng.integers(0, 5, (*shape[:1], *shape[2:]) if len(shape) > 1 else ())
            return sample(3 * rng.normal(size=shape), np.asarray(target), weight, ignored, **keywords)

        return [
            call((6, 5)),
            call((6, 5), reduction="sum"),
            call((6, 5), reduction="none"),
            call((6, 5), 2, label_smoothing=0.1),
            call((6, 5), 3, reduction="none", label_smoothing=0.3),
            call((2, 5, 3), 1),
            call((2, 5, 3), 0, reduction="none", label_smoothing=0.2),
            call((2, 5, 3, 2), reduction="sum"),
            call((5,)),
            call((5,), reduction="none", label_smoothing=0.5),
        ]

    return draw


def many(weighted: bool) -> Any:
    """Calls with sizes for fast kernels: few classes and many, whole vectors of them and not."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        def call(examples: int, classes: int, ignored: int = -100, **keywords: Any) -> Sample:
            target = rng.integers(0, classes, examples)
            weight = rng.uniform(0.5, 2, classes) if weighted else None
            return sample(3 * rng.normal(size=(examples, classes)), target, weight, ignored, **keywords)

        return [
            call(301, 10),
            call(517, 65, 3, reduction="sum", label_smoothing=0.1),
            call(330, 128, 5, reduction="none", label_smoothing=0.2),
            call(4, 9001, reduction="mean", label_smoothing=0.1),
        ]

    return draw


def many_backwards(weighted: bool) -> Any:
    """The calls of `many` with what comes from above and what the forward pass kept."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        calls = []
        for each in many(weighted)(rng):
            logits, target, weight, ignored = each.args
            reduction = each.keywords.get("reduction", "mean")
            upstream = rng.normal(size=target.shape if reduction == "none" else ())
            smoothing = each.keywords.get("label_smoothing", 0.0)
            kept = normalisers(logits)
            calls.append(sample(np.asarray(upstream), logits, target, weight, *kept, ignored, reduction, smoothing))
        return calls

    return draw


def class_by_class(
    input: np.ndarray,
    target: np.ndarray,
    weight: Any = None,
    ignored: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """Cross entropy by a loop over the examples."""
    axis = 1 if input.ndim > 1 else 0
    rows = np.moveaxis(input, axis, -1).reshape(-1, input.shape[axis])
    weights = np.ones(rows.shape[1]) if weight is None else weight
    losses, counted = [], 0.0
    for logits, chosen in zip(rows, target.reshape(-1), strict=True):
        if chosen == ignored:
            losses.append(0.0)
            continue
        logarithms = special.log_softmax(logits)
        smooth = label_smoothing * np.mean(weights * logarithms)
        losses.append(-(1 - label_smoothing) * weights[chosen] * logarithms[chosen] - smooth)
        counted += weights[chosen]
    if reduction == "none":
        return np.reshape(losses, target.shape)
    return sum(losses) / (counted if reduction == "mean" else 1)


def backward_calls(rng: np.random.Generator) -> list[Sample]:
    calls = []
    for reduction, smoothing, shape in (("mean", 0.0, (4, 3)), ("none", 0.2, (2, 3, 2)), ("sum", 0.1, (4, 3))):
        logits = rng.normal(size=shape)
        target = rng.integers(0, 3, (shape[0], *shape[2:]))
        upstream = rng.normal(size=target.shape if reduction == "none" else ())
        calls.append(sample(np.asarray(upstream), logits, target, None, *normalisers(logits), 1, reduction, smoothing))
    return calls


def normalisers(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    highest = logits.max(axis=1, keepdims=True)
    return highest, np.exp(logits - highest).sum(axis=1, keepdims=True)


def slopes(
    upstream: np.ndarray,
    logits: np.ndarray,
    target: np.ndarray,
    weight: Any,
    highest: np.ndarray,
    total: np.ndarray,
    ignored: int,
    reduction: str,
    smoothing: float,
) -> Any:
    """The gradient of cross entropy from its definition: softmax minus the smoothed one-hot target."""
    classes = logits.shape[1]
    weights = np.ones(classes) if weight is None else weight
    wanted = np.moveaxis(np.eye(classes)[target], -1, 1) * (1 - smoothing) + smoothing / classes
    wanted = wanted * weights.reshape(-1, *(1,) * (logits.ndim - 2))
    known = np.expand_dims(target != ignored, 1)
    scale = np.expand_dims(upstream, 1) if reduction == "none" else upstream
    if reduction == "mean":
        scale = scale / (known * np.expand_dims(weights[target], 1)).sum()
    return scale * known * (special.softmax(logits, axis=1) * wanted.sum(1, keepdims=True) - wanted)


def probabilities(rng: np.random.Generator) -> list[Sample]:
    first, second = rng.uniform(0.05, 0.95, (2, 3, 4))
    return [
        sample(first, second),
        sample(first[:, 0], (second[:, 0] > 0.5).astype(float)),
        sample(np.asarray(0.3), np.asarray(1.0)),
        sample(first[:0], second[:0]),
    ]


def scored(rng: np.random.Generator) -> list[Sample]:
    """Scores of all sizes, targets sure and unsure."""
    drawn = [sample(20 * rng.normal(size=shape), rng.uniform(size=shape)) for shape in ((3, 4), (5,), (1,), (0, 2))]
    return [*drawn, sample(np.array([-800.0, 800.0, 3.0, -2.0]), np.array([0.0, 1.0, 1.0, 0.0]))]


def by_sigmoid(input: np.ndarray, target: np.ndarray) -> np.ndarray:
    return -(target * special.log_expit(input) + (1 - target) * special.log_expit(-input))


def scored_often(rng: np.random.Generator) -> list[Sample]:
    return [sample(5 * rng.normal(size=shape), rng.uniform(size=shape)) for shape in ((33, 1025), (1 << 15,))]


def below(samples: Any) -> Any:
    """The samples behind what comes from above: a number for each element, and one for all."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        drawn = samples(rng)
        each = [sample(rng.normal(size=given.args[0].shape), *given.args) for given in drawn]
        return each + [sample(np.broadcast_to(rng.normal(), given.args[0].shape), *given.args) for given in drawn]

    return draw


row(ops.logistic_cross_entropy, by_sigmoid, scored, rtol=1e-9, large=scored_often)
row(
    ops.logistic_cross_entropy_backward, lambda g, x, t: g * (special.expit(x) - t), below(scored), rtol=1e-9,
    large=below(scored_often),
)  # fmt: skip
row(ops.squared_error, lambda x, t: (x - t) ** 2, scored, large=scored_often)
row(ops.squared_error_backward, lambda g, x, t: 2 * g * (x - t), below(scored), large=below(scored_often))
row(fused.class_cross_entropy, class_by_class, classified(False), large=many(False))
row(fused.class_cross_entropy, class_by_class, classified(True), constants=(2,), label="weighted", large=many(True))
row(fused.cross_entropy_backward, slopes, backward_calls, gradient=False, large=many_backwards(False))
row(
    fused.cross_entropy_backward, slopes, many_backwards(True), gradient=False, label="weighted",
)  # fmt: skip
row(
    ops.bernoulli_cross_entropy,
    lambda p, t: -(t * np.log(p) + (1 - t) * np.log(1 - p)),
    probabilities,
    second=True,
)
