"""How the batch of linear_cross_entropy is cut, and that cutting changes nothing but the memory."""

from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.nn.functional import linear_cross_entropy

RNG = np.random.default_rng(8)
INPUT, WEIGHT, BIAS = RNG.normal(size=(7, 3)), RNG.normal(size=(5, 3)), RNG.normal(size=5)
TARGET = np.array([0, 4, 2, 2, 1, 0, 3])


def results(options: Any, reduction: str) -> list[np.ndarray]:
    """The loss, its gradients and the gradients of these."""
    leaves = [engine.tensor(each, requires_grad=True) for each in (INPUT, WEIGHT, BIAS)]
    x, a, b = leaves
    loss = linear_cross_entropy(
        x, a, engine.tensor(TARGET), linear_bias=b, reduction=reduction, ignore_index=2, options=options
    )
    first = engine.autograd.grad((loss**2).sum(), leaves, create_graph=True)
    second = engine.autograd.grad(sum((each**2).sum() for each in first), leaves)
    return [each.detach().numpy() for each in (loss, *first, *second)]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("chunk", [1, 2, 7, 100])
def test_chunks_change_nothing(chunk: int, reduction: str) -> None:
    cut = results(nn.LinearCrossEntropyOptions(batch_chunk_size=chunk), reduction)
    for mine, right in zip(cut, results(None, reduction), strict=True):
        np.testing.assert_allclose(mine, right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ({}, 32),
        ({"chunking_method": "aspect_ratio"}, 64),
        ({"chunking_method": "aspect_ratio:4"}, 16),
        ({"chunking_method": None}, 1000),
        ({"batch_chunk_size": 10}, 10),
        ({"batch_chunk_size": 10, "chunking_method": None}, 10),
        ({"batch_chunk_size": 16, "chunking_method": "aspect_ratio:4"}, 16),
    ],
)
def test_how_many_examples_make_a_chunk(settings: dict[str, Any], size: int) -> None:
    # 1000 examples of 8 features take as much memory as the scores of 50 of 160 classes: 64 is the next power of two.
    assert nn.LinearCrossEntropyOptions(**settings).chunk_size(1000, 8, 160) == size


@pytest.mark.parametrize(
    "settings",
    [
        {"chunking_method": "thirds"},
        {"chunking_method": "aspect_ratio:0"},
        {"acc_policy": "fast"},
        {"batch_chunk_size": 0},
        {"acc_dtype": engine.int64},
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(settings)))):
        nn.LinearCrossEntropyOptions(**settings)


def test_a_size_and_a_method_that_disagree_are_refused_and_what_cannot_be_cut_warns() -> None:
    with pytest.raises(ValueError, match="disagrees"):
        nn.LinearCrossEntropyOptions(batch_chunk_size=5, chunking_method="aspect_ratio").chunk_size(1000, 8, 160)
    with pytest.warns(UserWarning, match="`options` ignored"):
        loss = linear_cross_entropy(
            engine.tensor(INPUT),
            engine.tensor(WEIGHT),
            engine.tensor(TARGET),
            label_smoothing=0.1,
            options=nn.LinearCrossEntropyOptions(),
        )
    assert np.isfinite(loss.item())
