"""Losses under their old names and with weights, and functions, beside PyTorch's: values, gradients and refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import nn
from engine.creation import tensor
from engine.nn import functional
from tests.engine.nn.torch_twins import compare

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(11)
SCORES, OTHERS = RNG.normal(size=(5, 4)), RNG.normal(size=(5, 4))
PROBABILITIES = RNG.uniform(0.05, 0.95, size=(5, 4))
SIGNS = np.where(OTHERS > 0, 1.0, -1.0)
CLASSES = np.array([0, 3, 1, 1, 2])
IMAGE_SCORES, IMAGE_CLASSES = RNG.normal(size=(2, 4, 3, 3)), RNG.integers(0, 4, size=(2, 3, 3))
WEIGHT = np.array([0.5, 1.0, 2.0, 0.1])
LABELS = np.array([[3, 0, -1, 1], [1, 1, 2, -1], [-1, 0, 0, 0], [0, 1, 2, 3], [2, -1, -1, -1]])
LOG_PROBABILITIES = np.log(PROBABILITIES / PROBABILITIES.sum(1, keepdims=True))


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss:UserWarning")
@pytest.mark.parametrize("old", [{"size_average": False}, {"reduce": False}, {"size_average": True, "reduce": True}])
@pytest.mark.parametrize("name", ["MSELoss", "CrossEntropyLoss", "MultiMarginLoss", "KLDivLoss"])
def test_the_old_names_of_reductions_still_work(name: str, old: dict[str, bool]) -> None:
    target = OTHERS if name in ("MSELoss", "KLDivLoss") else CLASSES
    with pytest.warns(UserWarning, match="please use reduction="):
        ours, theirs = getattr(nn, name)(**old), getattr(torch.nn, name)(**old)
    assert ours.reduction == theirs.reduction
    compare(torch, ours, theirs, [SCORES, target], "float64", constants=(1,))


@pytest.mark.parametrize("name", ["l1_loss", "mse_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_elements_have_weights(name: str, reduction: str) -> None:
    def weighted(library: Any, make: Any) -> Any:
        return lambda x, y: getattr(library, name)(x, y, reduction=reduction, weight=make(PROBABILITIES))

    ours, theirs = weighted(functional, tensor), weighted(torch.nn.functional, torch.tensor)
    compare(torch, ours, theirs, [SCORES, OTHERS], "float64")
    with pytest.raises(ValueError, match="must have the same size"):
        getattr(functional, name)(tensor(SCORES), tensor(OTHERS), weight=tensor(WEIGHT))


def test_an_unknown_reduction_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="average is not a valid value for reduction; it is one of none, mean, sum"):
        nn.MSELoss(reduction="average")


FUNCTIONS: list[tuple[str, Callable[[Any], Any], list[np.ndarray]]] = [
    ("normalize", lambda f: f.normalize, [SCORES]),
    ("normalize-1", lambda f: lambda x: f.normalize(x, p=1, dim=0), [SCORES]),
    ("cosine_similarity", lambda f: f.cosine_similarity, [SCORES, OTHERS]),
    ("pairwise_distance", lambda f: f.pairwise_distance, [SCORES, OTHERS]),
    ("pad", lambda f: lambda x: f.pad(x, (1, 2, 0, 1), value=3.0), [SCORES]),
    ("pad-off", lambda f: lambda x: f.pad(x, (-1, 2, 0, -2)), [SCORES]),
    ("pad-reflect", lambda f: lambda x: f.pad(x, (2, 1, 1, 2), mode="reflect"), [IMAGE_SCORES]),
    ("pad-replicate", lambda f: lambda x: f.pad(x, (2, 4, 1, 0), mode="replicate"), [IMAGE_SCORES]),
    ("pad-circular", lambda f: lambda x: f.pad(x, (2, 3, 1, 0), mode="circular"), [IMAGE_SCORES]),
    ("linear", lambda f: f.linear, [SCORES, OTHERS, OTHERS[:, 0].copy()]),
    ("softmax", lambda f: lambda x: f.softmax(x, dim=0), [SCORES]),
    ("layer_norm", lambda f: lambda x: f.layer_norm(x, (4,)), [SCORES]),
]


@pytest.mark.parametrize(("name", "function", "inputs"), FUNCTIONS, ids=[each[0] for each in FUNCTIONS])
def test_a_function_equals_its_twin(name: str, function: Callable[[Any], Any], inputs: list[np.ndarray]) -> None:
    compare(torch, function(functional), function(torch.nn.functional), inputs, "float64")


@pytest.mark.parametrize("classes", [-1, 7])
def test_one_hot(classes: int) -> None:
    expected = torch.nn.functional.one_hot(torch.tensor(IMAGE_CLASSES), classes)
    np.testing.assert_array_equal(functional.one_hot(tensor(IMAGE_CLASSES), classes).numpy(), expected.numpy())


@pytest.mark.parametrize(
    "call",
    [
        lambda f, make: f.one_hot(make(np.array([0, 3])), 3),
        lambda f, make: f.one_hot(make(np.array([0, -3]))),
        lambda f, make: f.one_hot(make(np.array([0.0]))),
        lambda f, make: f.pad(make(SCORES), (1, 2, 3)),
        lambda f, make: f.pad(make(SCORES), (-3, -3)),
        lambda f, make: f.pad(make(IMAGE_SCORES), (3, 0, 0, 0), mode="reflect"),
        lambda f, make: f.pad(make(IMAGE_SCORES), (1, 1), mode="mirror"),
        lambda f, make: f.linear(make(SCORES), make(SCORES.T.copy())),
        lambda f, make: f.dropout(make(SCORES), p=1.5),
        lambda f, make: f.hardtanh(make(SCORES), 2.0, 1.0),
    ],
)
def test_what_torch_refuses_is_refused_with_the_same_error(call: Callable[[Any, Any], Any]) -> None:
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        call(torch.nn.functional, torch.tensor)
    with pytest.raises(type(theirs.value)):
        call(functional, tensor)
