"""The supervised loop counts steps and epochs, and does what the same training written out by hand does."""

from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.utils.data import DataLoader, TensorDataset
from recipes.callbacks import Callback
from recipes.loops import Interrupted
from recipes.metrics import Accuracy, MeanLoss
from recipes.run.host import to_array
from tests.recipes.loops.small_training import (
    BATCH,
    CLASSES,
    SIZES,
    STEPS_PER_EPOCH,
    SmallTraining,
    loaders,
    model,
    momentum,
    parameters_of,
    samples,
)


class Watching(Callback):
    """Takes down what it is told, and where the training stood then."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def on_start(self, training: Any) -> None:
        self.told.append(("start", training.step, training.epoch))

    def before_update(self, training: Any, loss: Any, batch: Any) -> None:
        self.told.append(("update", training.step, training.epoch))

    def after_step(self, training: Any) -> None:
        self.told.append(("step", training.step, training.epoch, training.last_of_epoch))

    def after_epoch(self, training: Any, metrics: Any) -> None:
        self.told.append(("epoch", training.step, training.epoch))

    def on_end(self, training: Any) -> None:
        self.told.append(("end", training.step, training.epoch))


def test_callbacks_are_told_of_each_step_and_epoch_in_order() -> None:
    watching = Watching()
    training = SmallTraining(epochs=2, watching=watching)
    training.loop.fit()
    assert (training.loop.step, training.loop.epoch, training.loop.total_steps) == (10, 2, 10)
    expected: list[tuple[Any, ...]] = [("start", 0, 0)]
    for epoch in range(2):
        for step in range(epoch * STEPS_PER_EPOCH, (epoch + 1) * STEPS_PER_EPOCH):
            expected += [("update", step, epoch), ("step", step + 1, epoch, (step + 1) % STEPS_PER_EPOCH == 0)]
        expected.append(("epoch", (epoch + 1) * STEPS_PER_EPOCH, epoch + 1))
    assert watching.told == [*expected, ("end", 10, 2)]


def test_what_is_logged_and_when() -> None:
    training = SmallTraining(epochs=2, log_every="2st")
    results = training.loop.fit()
    within, scores = {"train/batch_loss", "train/lr"}, ("loss", "accuracy")
    after = {"train/lr", *(f"{split}/{name}" for split in ("train", "validation") for name in scores)}
    assert [(step, epoch, set(metrics)) for step, epoch, metrics in training.logged] == [
        (2, 0.4, within),
        (4, 0.8, within),
        (5, 1.0, after),
        (6, 1.2, within),
        (8, 1.6, within),
        (10, 2.0, after),
        (10, 2.0, {"test/loss", "test/accuracy"}),
    ]
    assert training.logged[-1][2] == results


def by_hand(epochs: int) -> tuple[dict[str, bytes], list[dict[str, float]]]:
    """The same training without a loop, a metric or a callback: parameters and the metrics of each epoch."""
    data, net = loaders(), model()
    optimizer, criterion = momentum(net.parameters()), nn.CrossEntropyLoss()
    rows = []
    for _ in range(epochs):
        sums = np.zeros(2)
        net.train()
        for inputs, targets in data["train"]:
            scores = net(inputs)
            loss = criterion(scores, targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            hits = (scores.detach().numpy().argmax(1) == targets.numpy()).sum()
            sums += [float(loss) * len(targets), hits]
        row = dict(zip(("train/loss", "train/accuracy"), sums / SIZES["train"], strict=True))
        net.eval()
        inputs, targets = samples("validation")
        with engine.no_grad():
            logits = net(inputs).double()
        logarithms = (logits - logits.exp().sum(dim=1, keepdim=True).log()).numpy()
        row["validation/loss"] = float(-logarithms[np.arange(len(targets)), targets.numpy()].mean())
        row["validation/accuracy"] = float((logits.numpy().argmax(1) == targets.numpy()).mean())
        rows.append(row)
    return {name: to_array(each).tobytes() for name, each in net.state_dict().items()}, rows


def test_parameters_and_metrics_equal_those_of_a_training_by_hand() -> None:
    training = SmallTraining(epochs=3)
    training.loop.fit()
    parameters, rows = by_hand(3)
    assert parameters_of(training.loop) == parameters
    logged = [metrics for _, _, metrics in training.logged if "validation/loss" in metrics]
    for mine, right in zip(logged, rows, strict=True):
        for name, value in right.items():
            assert mine[name] == pytest.approx(value, rel=1e-6), name


def test_the_test_split_is_seen_once_at_the_end_with_its_table() -> None:
    training = SmallTraining(epochs=1)
    results = training.loop.fit()
    inputs, targets = samples("test")
    training.loop.model.eval()
    predicted = training.loop.model(inputs).detach().numpy().argmax(1)
    table = np.zeros((CLASSES, CLASSES), int)
    np.add.at(table, (targets.numpy(), predicted), 1)
    np.testing.assert_array_equal(training.loop.evaluation_metrics.tables()["confusion"], table)
    assert results["test/accuracy"] == pytest.approx(table.trace() / SIZES["test"])


def test_evaluation_changes_nothing_and_draws_nothing() -> None:
    training = SmallTraining(dropout=0.5)
    before = parameters_of(training.loop), engine.random.default_generator.state_dict()
    first, second = training.loop.evaluate("validation"), training.loop.evaluate("validation")
    assert first == second
    assert (parameters_of(training.loop), engine.random.default_generator.state_dict()) == before
    assert all(parameter.grad is None for parameter in training.loop.model.parameters())


def test_evaluation_records_no_gradients() -> None:
    recorded: list[bool] = []

    def loss(outputs: Any, targets: Any) -> Any:
        recorded.append(outputs.requires_grad)
        return nn.functional.cross_entropy(outputs, targets)

    training = SmallTraining(loss=loss)
    training.loop.evaluate("validation")
    assert recorded == [False] * 3


def test_each_evaluation_sees_the_same_samples_whatever_was_evaluated_before() -> None:
    training = SmallTraining()
    data = dict(training.loop.loaders)
    data["validation"] = DataLoader(
        TensorDataset(*samples("validation")),
        batch_size=BATCH,
        batch_transform=lambda batch, place: (batch[0] * (1 + place.epoch), batch[1]),
    )
    training.loop.loaders = data
    first = training.loop.evaluate("validation")
    assert training.loop.evaluate("validation") == first
    training.loop.interrupted = iter([False, True]).__next__
    with pytest.raises(Interrupted):
        training.loop.evaluate("validation")
    training.loop.interrupted = lambda: False
    assert training.loop.evaluate("validation") == first


def test_dropout_acts_in_each_epoch_although_validation_turns_it_off() -> None:
    modes = []

    class Modes(Callback):
        def after_step(self, training: Any) -> None:
            modes.append(training.model.training)

    SmallTraining(epochs=2, modes=Modes()).loop.fit()
    assert modes == [True] * (2 * STEPS_PER_EPOCH)


def test_a_stopped_training_ends_after_its_epoch_and_is_tested() -> None:
    class Stop(Callback):
        def after_step(self, training: Any) -> None:
            if training.step == BATCH + 2:
                training.stop("seven steps are enough")

    training = SmallTraining(epochs=9, stop=Stop())
    results = training.loop.fit()
    assert (training.loop.step, training.loop.epoch, training.loop.stopped) == (10, 2, "seven steps are enough")
    assert set(results) == {"test/loss", "test/accuracy"}


def test_the_same_metrics_serve_two_loops_without_mixing() -> None:
    alone = SmallTraining(epochs=1, dropout=0.0)
    right = alone.loop.fit()
    shared = {"loss": MeanLoss(), "accuracy": Accuracy()}
    first, second = (SmallTraining(epochs=1, dropout=0.0, metrics=shared) for _ in range(2))
    first.loop.train_epoch()
    assert second.loop.fit() == right
    first.loop.finish_epoch()
    assert first.logged == second.logged[:-1]
    assert shared["loss"].state_dict() == {"total": 0, "count": 0}
