"""CTC beside PyTorch's: lengths as tensors and tuples, targets padded and one after another, reductions, refusals."""

from typing import Any

import numpy as np
import pytest

from engine import nn
from engine.autograd.gradients import grad
from engine.creation import tensor
from engine.nn import functional

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(3)
STEPS, EXAMPLES, CLASSES = 9, 4, 5
SCORES = RNG.normal(size=(STEPS, EXAMPLES, CLASSES))
TARGETS = RNG.integers(1, CLASSES, size=(EXAMPLES, 4))
INPUT_LENGTHS, TARGET_LENGTHS = (9, 7, 9, 2), (4, 2, 0, 4)


def outcome(library: Any, make: Any, targets: np.ndarray, tensors: bool, **options: Any) -> tuple[Any, Any]:
    scores = make(SCORES, requires_grad=True)
    lengths = [make(np.array(each)) if tensors else each for each in (INPUT_LENGTHS, TARGET_LENGTHS)]
    log_probs = library.functional.log_softmax(scores, -1)
    loss = library.CTCLoss(**options)(log_probs, make(targets), *lengths)
    (loss * loss).sum().backward()
    return loss.detach().numpy(), scores.grad.numpy()


@pytest.mark.parametrize("tensors", [False, True], ids=["tuples", "tensors"])
@pytest.mark.parametrize("padded", [False, True], ids=["after", "below"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_losses_and_gradients(reduction: str, padded: bool, tensors: bool, zero_infinity: bool) -> None:
    joined = np.concatenate([row[:length] for row, length in zip(TARGETS, TARGET_LENGTHS, strict=True)])
    targets = TARGETS if padded else joined
    options = {"reduction": reduction, "zero_infinity": zero_infinity}
    ours = outcome(nn, tensor, targets, tensors, **options)
    theirs = outcome(torch.nn, torch.tensor, targets, tensors, **options)
    for mine, its in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("blank", [0, 2, 4])
def test_one_sequence_and_other_blanks(blank: int) -> None:
    target = np.array([each for each in (1, 1, 3, 2, 4) if each != blank])

    def loss(library: Any, make: Any) -> Any:
        log_probs = library.log_softmax(make(SCORES[:, 0]), -1)
        return library.ctc_loss(log_probs, make(target), (STEPS,), (len(target),), blank, "none")

    ours, theirs = loss(functional, tensor), loss(torch.nn.functional, torch.tensor)
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-9)


@pytest.mark.parametrize(
    ("targets", "input_lengths", "target_lengths", "options"),
    [
        (TARGETS, (10, 7, 9, 2), TARGET_LENGTHS, {}),
        (TARGETS, (9, 7, 9), TARGET_LENGTHS, {}),
        (TARGETS, INPUT_LENGTHS, (5, 2, 0, 4), {}),
        (TARGETS, INPUT_LENGTHS, (4, 2), {}),
        (TARGETS[:2], INPUT_LENGTHS, TARGET_LENGTHS, {}),
        (TARGETS, INPUT_LENGTHS, TARGET_LENGTHS, {"blank": 5}),
        (TARGETS, INPUT_LENGTHS, TARGET_LENGTHS, {"blank": -1}),
        (TARGETS, INPUT_LENGTHS, TARGET_LENGTHS, {"reduction": "average"}),
    ],
)
def test_what_does_not_fit_is_refused(
    targets: np.ndarray, input_lengths: Any, target_lengths: Any, options: dict[str, Any]
) -> None:
    for library, make in ((functional, tensor), (torch.nn.functional, torch.tensor)):
        with pytest.raises((RuntimeError, ValueError)) as caught:
            library.ctc_loss(make(SCORES), make(targets), input_lengths, target_lengths, **options)
        assert caught.type is (ValueError if options.get("reduction") else RuntimeError)


def test_there_is_no_second_derivative() -> None:
    scores = tensor(SCORES, requires_grad=True)
    loss = functional.ctc_loss(functional.log_softmax(scores, -1), tensor(TARGETS), INPUT_LENGTHS, TARGET_LENGTHS)
    (first,) = grad(loss, (scores,), create_graph=True)
    with pytest.raises(RuntimeError, match="no second derivative"):
        first.sum().backward()
