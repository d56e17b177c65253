"""The adaptive softmax: probabilities that sum to one, its loss, and its PyTorch twin."""

from typing import Any

import numpy as np
import pytest

from engine import nn
from engine.creation import tensor
from tests.engine.nn.torch_twins import assert_equal, same_weights

INPUT = np.random.default_rng(2).normal(size=(7, 16))
TARGET = np.array([0, 3, 19, 9, 5, 10, 4])


def test_probabilities_of_all_classes_sum_to_one_and_the_loss_picks_from_them() -> None:
    layer = nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4, 10], div_value=2.0, head_bias=True).double()
    everything = layer.log_prob(tensor(INPUT)).detach().numpy()
    np.testing.assert_allclose(np.exp(everything).sum(1), 1)
    output, loss = layer(tensor(INPUT), tensor(TARGET))
    np.testing.assert_allclose(output.detach().numpy(), everything[np.arange(7), TARGET])
    assert loss.item() == pytest.approx(-everything[np.arange(7), TARGET].mean())
    assert layer.predict(tensor(INPUT)).tolist() == everything.argmax(1).tolist()


@pytest.mark.parametrize("cutoffs", [[], [0, 5], [5, 5], [10, 5], [20], [1.5, 3]])
def test_cutoffs_rise_and_stay_below_the_number_of_classes(cutoffs: list[Any]) -> None:
    with pytest.raises(ValueError, match="cutoffs should be a sequence"):
        nn.AdaptiveLogSoftmaxWithLoss(16, 20, cutoffs)


def test_targets_that_do_not_fit_are_refused() -> None:
    layer = nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4]).double()
    with pytest.raises(RuntimeError, match=r"should be in \[0, 19\], but values in range \[0, 20\]"):
        layer(tensor(INPUT[:2]), tensor([0, 20]))
    with pytest.raises(RuntimeError, match="same size in the batch dimension"):
        layer(tensor(INPUT), tensor([0, 1]))
    with pytest.raises(RuntimeError, match="multi-target not supported"):
        layer(tensor(INPUT), tensor([[0, 1]]))


@pytest.mark.parity
@pytest.mark.parametrize("options", [{}, {"head_bias": True, "div_value": 1.5}])
@pytest.mark.parametrize("example", [None, 2])
def test_the_layer_equals_its_twin(options: dict[str, Any], example: int | None) -> None:
    torch = pytest.importorskip("torch")
    ours = nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4, 10], **options).double()
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 20, [4, 10], **options).double()
    assert repr(ours) == repr(theirs)
    same_weights(ours, theirs)
    given = (INPUT, TARGET) if example is None else (INPUT[example], TARGET[example])
    mine, its = tensor(given[0], requires_grad=True), torch.tensor(given[0], requires_grad=True)
    answer, expected = ours(mine, tensor(given[1])), theirs(its, torch.tensor(given[1]))
    for one, other in zip(answer, expected, strict=True):
        assert_equal(one, other, 1e-9, "output")
    (answer.output.sum() * answer.loss).backward()
    (expected.output.sum() * expected.loss).backward()
    assert_equal(mine.grad, its.grad, 1e-9, "gradient of input")
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert (one.grad is None) == (other.grad is None)
        if other.grad is not None:
            assert_equal(one.grad, other.grad, 1e-9, "gradient of a weight")
    assert_equal(ours.log_prob(tensor(INPUT)), theirs.log_prob(torch.tensor(INPUT)), 1e-9, "log_prob")
    assert ours.predict(tensor(INPUT)).tolist() == theirs.predict(torch.tensor(INPUT)).tolist()
