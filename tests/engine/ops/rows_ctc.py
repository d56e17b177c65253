"""Rows of connectionist temporal classification, whose oracle writes out every alignment."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np

from engine.ops.losses import ctc as ops
from engine.testing.row import Sample, row, sample

BLANK = 1


def alignments(steps: int, labels: tuple[int, ...], classes: int) -> list[tuple[int, ...]]:
    """All ways to write the labels over time: repeats merge, then blanks fall out."""
    every = product(range(classes), repeat=steps)
    return [path for path in every if tuple(each for each, _ in groupby(path) if each != BLANK) == labels]


def path_by_path(
    log_probs: np.ndarray, targets: np.ndarray, input_lengths: np.ndarray, target_lengths: np.ndarray, blank: int
) -> np.ndarray:
    """-log Σ Π p over all alignments."""
    losses = []
    for example, (steps, length) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        labels = tuple(int(each) for each in targets[example, :length])
        paths = alignments(steps, labels, log_probs.shape[2])
        total = sum(np.exp(sum(log_probs[time, example, each] for time, each in enumerate(path))) for path in paths)
        losses.append(-np.log(total))
    return np.array(losses)


def shares(
    upstream: np.ndarray,
    log_probs: np.ndarray,
    targets: np.ndarray,
    input_lengths: np.ndarray,
    target_lengths: np.ndarray,
    losses: np.ndarray,
    alpha: np.ndarray,
    blank: int,
) -> np.ndarray:
    """The probabilities minus the share of the target's alignments that go through each class at each time."""
    result = np.zeros_like(log_probs)
    for example, (steps, length) in enumerate(zip(input_lengths, target_lengths, strict=True)):
        result[:steps, example] = np.exp(log_probs[:steps, example])
        for path in alignments(steps, tuple(targets[example, :length]), log_probs.shape[2]):
            weight = np.exp(sum(log_probs[time, example, each] for time, each in enumerate(path)) + losses[example])
            for time, each in enumerate(path):
                result[time, example, each] -= weight
    return result * upstream[:, None]


def normalised(rng: np.random.Generator, steps: int, examples: int, classes: int) -> np.ndarray:
    scores = rng.normal(size=(steps, examples, classes))
    return scores - np.log(np.exp(scores).sum(-1, keepdims=True))


def calls(rng: np.random.Generator) -> list[Sample]:
    targets = np.array([[0, 2, 0], [2, 2, 0], [0, 0, 0]])
    lengths = np.array([3, 2, 0])
    return [
        sample(normalised(rng, 5, 3, 3), targets, np.array([5, 5, 4]), lengths, BLANK),
        sample(normalised(rng, 4, 2, 4), np.array([[3], [0]]), np.array([4, 3]), np.array([1, 1]), BLANK),
        sample(normalised(rng, 1, 1, 2), np.array([[0]]), np.array([1]), np.array([1]), BLANK),
    ]


def backward_calls(rng: np.random.Generator) -> list[Sample]:
    drawn = []
    for each in calls(rng):
        log_probs, targets, input_lengths, target_lengths, blank = each.args
        losses, alpha = ops.connectionist_loss.reference(*each.args)
        upstream = rng.normal(size=losses.shape)
        drawn.append(
            sample(upstream, log_probs, targets, input_lengths, target_lengths, losses, np.asarray(alpha), blank)
        )
    return drawn


# The gradient takes the input for normalised, so that moving one element alone does not show it.
row(ops.connectionist_loss, path_by_path, calls, gradient=False)
row(ops.connectionist_backward, shares, backward_calls, gradient=False)
