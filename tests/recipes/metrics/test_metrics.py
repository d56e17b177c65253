"""Metrics agree with scikit-learn however the samples are cut, and survive an interruption bit by bit."""

import gc
import json
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes.errors import GalleyError, UsageError
from recipes.metrics import Accuracy, ConfusionMatrix, MeanLoss, Metric, Metrics

torch = pytest.importorskip("torch")
oracle = pytest.importorskip("sklearn.metrics")

pytestmark = pytest.mark.parity

CLASSES = 5


def recipe() -> Metrics:
    return Metrics({"loss": MeanLoss(), "accuracy": Accuracy(), "confusion": ConfusionMatrix()})


@st.composite
def epochs(draw: st.DrawFn) -> list[tuple[Any, Any, Any]]:
    """The batches of an epoch: scores, classes and the batch's mean loss."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    batches = []
    for size in draw(st.lists(st.integers(1, 9), min_size=1, max_size=6)):
        scores = torch.from_numpy(random.standard_normal((size, CLASSES)).astype(np.float32))
        classes = torch.from_numpy(random.integers(0, CLASSES, size))
        batches.append((scores, classes, torch.nn.functional.cross_entropy(scores, classes)))
    return batches


def all_samples(batches: list[tuple[Any, Any, Any]]) -> tuple[Any, Any]:
    return torch.cat([scores for scores, _, _ in batches]), torch.cat([classes for _, classes, _ in batches])


@given(epochs())
def test_they_agree_with_scikit_learn_over_all_samples(batches: list[tuple[Any, Any, Any]]) -> None:
    metrics = recipe()
    for batch in batches:
        metrics.update(*batch)
    scores, classes = all_samples(batches)
    taken_for = scores.numpy().argmax(axis=1)
    found = metrics.compute()
    assert found["accuracy"] == oracle.accuracy_score(classes, taken_for)
    probabilities = torch.softmax(scores.double(), dim=1).numpy()
    assert found["loss"] == pytest.approx(oracle.log_loss(classes, probabilities, labels=range(CLASSES)), rel=1e-5)
    expected = oracle.confusion_matrix(classes, taken_for, labels=range(CLASSES))
    np.testing.assert_array_equal(metrics.tables()["confusion"], expected)


@given(epochs(), st.integers(0, 6))
def test_an_interruption_leaves_no_trace(batches: list[tuple[Any, Any, Any]], when: int) -> None:
    straight, before, after = recipe(), recipe(), recipe()
    for batch in batches:
        straight.update(*batch)
    for batch in batches[:when]:
        before.update(*batch)
    after.load_state_dict(json.loads(json.dumps(before.state_dict())))
    for batch in batches[when:]:
        after.update(*batch)
    assert json.dumps(after.state_dict()) == json.dumps(straight.state_dict())


@given(epochs(), st.integers(0, 6))
def test_parts_add_up_to_the_whole(batches: list[tuple[Any, Any, Any]], cut: int) -> None:
    straight, one, other = recipe(), recipe(), recipe()
    for batch in batches:
        straight.update(*batch)
    for batch in batches[:cut]:
        one.update(*batch)
    for batch in batches[cut:]:
        other.update(*batch)
    one.merge(other.state_dict())
    assert one.compute()["accuracy"] == straight.compute()["accuracy"]
    assert one.compute()["loss"] == pytest.approx(straight.compute()["loss"], rel=1e-12)
    np.testing.assert_array_equal(one.tables()["confusion"], straight.tables()["confusion"])
    one.update(*batches[0])
    assert one.state_dict()["accuracy"]["count"] == straight.state_dict()["accuracy"]["count"] + len(batches[0][1])


def test_outputs_of_many_positions_are_counted_by_position() -> None:
    scores = torch.tensor([[[0.1, 0.9, 0.2], [0.9, 0.1, 0.8]]])
    classes = torch.tensor([[1, 0, 0]])
    metrics = Metrics({"accuracy": Accuracy(), "confusion": ConfusionMatrix()})
    metrics.update(scores, classes)
    assert metrics.compute() == {"accuracy": pytest.approx(2 / 3)}
    np.testing.assert_array_equal(metrics.tables()["confusion"], [[1, 1], [0, 1]])


def test_an_update_never_reads_a_value() -> None:
    metrics = recipe()
    for _ in range(2):
        # A tensor on the meta device has no values: whatever asks for one raises.
        scores = torch.empty(4, CLASSES, device="meta", requires_grad=True)
        classes = torch.empty(4, dtype=torch.int64, device="meta")
        metrics.update(scores, classes, torch.empty((), device="meta", requires_grad=True))
    metrics.reset()
    assert metrics.state_dict() == recipe().state_dict()


def test_sums_keep_no_graph_alive() -> None:
    scores = torch.randn(4, CLASSES, requires_grad=True)
    metrics = recipe()
    metrics.update(scores, torch.zeros(4, dtype=torch.int64), scores.square().mean())
    leaf = weakref.ref(scores)
    del scores
    gc.collect()
    assert leaf() is None


def test_the_sum_of_losses_is_in_double_precision() -> None:
    metric = MeanLoss()
    scores, classes = torch.zeros(1, CLASSES), torch.zeros(1, dtype=torch.int64)
    metric.update(scores, classes, torch.tensor(2.0**25))
    for _ in range(8):
        metric.update(scores, classes, torch.tensor(1.0))
    assert metric.compute() == (2**25 + 8) / 9


def test_names_are_those_of_the_numbers() -> None:
    metrics = recipe()
    assert metrics.names() == ("loss", "accuracy")
    metrics.update(torch.zeros(2, CLASSES), torch.zeros(2, dtype=torch.int64), torch.tensor(1.0))
    assert tuple(metrics.compute()) == metrics.names()
    assert tuple(metrics.tables()) == ("confusion",)


@pytest.mark.parametrize("metric", [Accuracy(), MeanLoss()])
def test_a_mean_of_nothing_is_refused(metric: Accuracy | MeanLoss) -> None:
    with pytest.raises(GalleyError, match="no mean of no samples"):
        metric.compute()


def test_a_table_of_nothing_is_empty() -> None:
    assert ConfusionMatrix().compute().shape == (0, 0)


@pytest.mark.parametrize("metric", [Accuracy(), ConfusionMatrix()])
@pytest.mark.parametrize(("scores", "classes"), [((4, 3), (4, 1)), ((4,), (4,)), ((4, 3), (5,)), ((4, 3, 2), (4,))])
def test_outputs_and_targets_that_do_not_pair_are_refused(
    metric: Metric, scores: tuple[int, ...], classes: tuple[int, ...]
) -> None:
    with pytest.raises(UsageError) as refusal:
        metric.update(torch.zeros(scores), torch.zeros(classes, dtype=torch.int64))
    assert f"the model gives {scores} and the targets are {classes}" in str(refusal.value)


@pytest.mark.parametrize(("loss", "found"), [(None, "no loss"), (torch.zeros(3), r"a loss of shape \(3,\)")])
def test_a_loss_that_is_no_mean_is_refused(loss: Any, found: str) -> None:
    with pytest.raises(UsageError, match=f"MeanLoss: .*this recipe gives {found}"):
        MeanLoss().update(torch.zeros(3, CLASSES), torch.zeros(3, dtype=torch.int64), loss)


def test_the_sums_of_another_recipe_are_refused() -> None:
    with pytest.raises(GalleyError, match="metrics are loss, accuracy, confusion, the saved ones loss"):
        recipe().load_state_dict({"loss": {"total": 1.0, "count": 2}})
    with pytest.raises(GalleyError, match="Accuracy: keeps the sums total, count, was given counts"):
        Accuracy().load_state_dict(ConfusionMatrix().state_dict())
