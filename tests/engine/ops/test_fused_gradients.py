"""Gradients that are ops of their own: their second order is their function's third, taken along random directions."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine
from engine.autograd.gradients import grad
from engine.autograd.op import OPS
from engine.testing import ROWS, Row, numeric_direction
from engine.testing.checks import at_points, is_float, leaves_of, outputs_of
from engine.testing.loading import load_rows
from engine.testing.row import Sample

load_rows(Path(__file__).parent)

# These ops are given what forward worked out, and differentiate by way of the function again: moving one of their
# inputs alone, as a row does, shows another derivative.
FUSED = {
    "attention_backward": "attention",
    "batch_norm_backward": "batch_norm_training",
    "cross_entropy_backward": "class_cross_entropy",
    "group_norm_backward": "group_norm",
    "layer_norm_backward": "layer_norm",
    "rms_norm_backward": "rms_norm",
}


def derivative(row: Row, sample: Sample, arrays: Any, weights: Any, directions: list[Any]) -> Any:
    """The derivative of the weighted sum of an op's outputs along each of the directions, one after another."""
    args = at_points(row, sample, arrays, requires_grad=True)
    leaves = [each for each in leaves_of(args) if each.requires_grad]
    outputs = [each for each in outputs_of(row.op(*args, **sample.keywords)) if each.requires_grad]
    value = sum((output * engine.tensor(weight)).sum() for output, weight in zip(outputs, weights, strict=True))
    for direction in directions:
        slopes = grad(value, leaves, create_graph=True, allow_unused=True, materialize_grads=True)
        value = sum((slope * engine.tensor(way)).sum() for slope, way in zip(slopes, direction, strict=True))
    return value


@pytest.mark.parametrize("name", FUSED)
def test_third_order(name: str) -> None:
    assert OPS[name].joint is not None
    rng = np.random.default_rng(len(name))
    calls = [(row, sample) for row in ROWS[FUSED[name]] if row.gradient for sample in row.samples(rng)]
    tried = 0
    for row, sample in calls:
        points = [each for position, each in enumerate(sample.args) if is_float(each) and position not in row.constants]
        if not all(each.size for each in points):
            continue
        tried += 1
        outputs = [each for each in outputs_of(row.op(*at_points(row, sample, points, True))) if each.requires_grad]
        weights = [rng.normal(size=each.shape) for each in outputs]
        ways = [[rng.normal(size=each.shape) for each in points] for _ in range(3)]
        for order in (2, 3):

            def below(arrays: Any, order: int = order) -> float:
                return float(derivative(row, sample, arrays, weights, ways[: order - 1]))  # noqa: B023

            exact = float(derivative(row, sample, points, weights, ways[:order]))
            numeric = numeric_direction(below, points, ways[order - 1], step=1e-5)
            np.testing.assert_allclose(exact, numeric, rtol=1e-5, atol=1e-5, err_msg=f"{name} at order {order}")
    assert tried


def test_the_gradient_of_connectionist_loss_is_of_normalised_scores_and_has_no_second_order() -> None:
    (row,) = ROWS["connectionist_loss"]
    rng = np.random.default_rng(3)
    for sample in row.samples(rng):
        scores, *rest = sample.args
        direction, point = rng.normal(size=scores.shape), rng.normal(size=scores.shape)

        def losses(scores: Any, rest: Any = rest) -> Any:
            outcome = row.op(engine.nn.functional.log_softmax(scores, -1), *map(as_given, rest))
            return outputs_of(outcome)[0].sum()

        def value(arrays: Any, losses: Any = losses) -> float:
            return float(losses(engine.tensor(arrays[0])))

        leaf = engine.tensor(point).requires_grad_()
        (slope,) = grad(losses(leaf), [leaf], create_graph=True)
        numeric = numeric_direction(value, [point], [direction])
        np.testing.assert_allclose((slope.detach().numpy() * direction).sum(), numeric, rtol=1e-6, atol=1e-7)
        with pytest.raises(RuntimeError, match="no second derivative"):
            grad(slope.sum(), [leaf])


def as_given(value: Any) -> Any:
    """An array as a tensor, anything else as it is."""
    return engine.tensor(value) if isinstance(value, np.ndarray) else value
