"""Batches that were collected count, to the bit, as if each had been added at once."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from recipes.errors import UsageError
from recipes.metrics import Accuracy, ConfusionMatrix, MeanLoss, Metrics
from recipes.metrics.collection import WAITING

CLASSES = 5


def recipe() -> Metrics:
    return Metrics({"loss": MeanLoss(), "accuracy": Accuracy(), "confusion": ConfusionMatrix()})


def batch(size: int, *positions: int, seed: int = 0, device: str = "cpu") -> tuple[Any, Any, Any]:
    """Scores, classes and a mean loss."""
    random = np.random.default_rng(seed)
    scores = engine.tensor(random.standard_normal((size, CLASSES, *positions)).astype("float32"))
    classes = engine.tensor(random.integers(0, CLASSES, (size, *positions)))
    loss = engine.nn.functional.cross_entropy(scores, classes)
    return scores.to(device), classes.to(device), loss.to(device)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from([(), (3,), (4,)])), min_size=1, max_size=8),
    st.sets(st.integers(0, 7)),
)
def test_collected_is_updated(sizes: list[tuple[int, tuple[int, ...]]], read: set[int]) -> None:
    once, late = recipe(), recipe()
    for number, (size, positions) in enumerate(sizes):
        given_batch = batch(size, *positions, seed=number)
        once.update(*given_batch)
        late.collect(*given_batch)
        if number in read:
            assert late.compute() == once.compute()
    assert json.dumps(late.state_dict()) == json.dumps(once.state_dict())
    assert late["accuracy"].state_dict() == once["accuracy"].state_dict()
    np.testing.assert_array_equal(late.tables()["confusion"], once.tables()["confusion"])


def test_half_precision_is_collected_too() -> None:
    once, late = recipe(), recipe()
    for seed in range(3):
        scores, classes, loss = batch(4, seed=seed)
        once.update(scores.to(engine.bfloat16), classes, loss)
        late.collect(scores.to(engine.bfloat16), classes, loss)
    assert late.state_dict() == once.state_dict()


def test_what_waits_is_bounded() -> None:
    metrics = recipe()
    scores, classes, loss = batch(64)
    for _ in range(3 * WAITING // scores.numel()):
        metrics.collect(scores, classes, loss)
        assert sum(outputs.numel() for outputs, _, _ in metrics._waiting) < WAITING + scores.numel()
    assert metrics.state_dict()["accuracy"]["count"] == 3 * WAITING // scores.numel() * 64


def test_a_reset_forgets_what_waits_and_a_load_too() -> None:
    metrics, other = recipe(), recipe()
    other.update(*batch(3, seed=4))
    metrics.collect(*batch(2))
    metrics.reset()
    assert metrics.state_dict() == recipe().state_dict()
    metrics.collect(*batch(2))
    metrics.load_state_dict(other.state_dict())
    assert metrics.state_dict() == other.state_dict()


def test_nothing_is_read_of_tensors_elsewhere() -> None:
    metrics = recipe()
    for _ in range(3):
        metrics.collect(*batch(4, device="meta"))
    # Whatever asks a tensor on the meta device for a value raises.
    metrics.reset()
    for _ in range(1 + WAITING // (4096 * CLASSES)):
        metrics.collect(*batch(4096, device="meta"))


def test_outputs_and_targets_that_do_not_pair_are_refused_although_they_would_together() -> None:
    metrics = recipe()
    metrics.collect(batch(4)[0], batch(5)[1], batch(4)[2])
    metrics.collect(batch(5)[0], batch(4)[1], batch(4)[2])
    with pytest.raises(UsageError, match=r"the model gives \(4, 5\) and the targets are \(5,\)"):
        metrics.compute()
