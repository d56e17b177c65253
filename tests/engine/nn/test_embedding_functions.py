"""Embeddings against sums written out: gradients of tables, frequencies, padding, bags."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.nn.functional import embedding, embedding_bag

ROWS, DIM = 5, 3
REDUCED: dict[str, Any] = {
    "sum": lambda rows: rows.sum(0),
    "mean": lambda rows: rows.mean(0),
    "max": lambda rows: rows.max(0),
}


def table(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(ROWS, DIM))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, ROWS - 1), max_size=12),
    st.none() | st.integers(-ROWS, ROWS - 1),
    st.booleans(),
    st.integers(0, 1000),
)
def test_the_gradient_of_a_table_is_added_row_by_row(
    numbers: list[int], padding: int | None, scaled: bool, seed: int
) -> None:
    weight = engine.tensor(table(seed), requires_grad=True)
    upstream = np.random.default_rng(seed + 1).normal(size=(len(numbers), DIM))
    output = embedding(engine.tensor(np.array(numbers, "int64")), weight, padding, scale_grad_by_freq=scaled)
    np.testing.assert_array_equal(output.detach().numpy(), table(seed)[np.array(numbers, "int64")])
    output.backward(engine.tensor(upstream))
    expected = np.zeros((ROWS, DIM))
    for number, g in zip(numbers, upstream, strict=True):
        if padding is None or number != padding % ROWS:
            expected[number] += g / numbers.count(number) if scaled else g
    np.testing.assert_allclose(weight.grad.numpy(), expected, rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, ROWS - 1), max_size=10),
    st.lists(st.integers(0, 10), max_size=4),
    st.sampled_from(["sum", "mean", "max"]),
    st.none() | st.integers(0, ROWS - 1),
    st.booleans(),
    st.integers(0, 1000),
)
def test_bags_are_reduced_one_by_one(
    numbers: list[int], cuts: list[int], mode: str, padding: int | None, last: bool, seed: int
) -> None:
    starts = [0, *sorted(cut for cut in cuts if cut <= len(numbers))]
    if last:
        starts.append(len(numbers))
    ends = starts[1:] if last else [*starts[1:], len(numbers)]
    rows = table(seed)
    expected = np.zeros((len(ends), DIM))
    for bag, (start, end) in enumerate(zip(starts, ends, strict=False)):
        held = [rows[number] for number in numbers[start:end] if number != padding]
        if held:
            expected[bag] = REDUCED[mode](np.array(held))
    output = embedding_bag(
        engine.tensor(np.array(numbers, "int64")),
        engine.tensor(rows),
        engine.tensor(np.array(starts, "int64")),
        mode=mode,
        include_last_offset=last,
        padding_idx=padding,
    )
    np.testing.assert_allclose(output.numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_bags_scale_gradients_by_how_often_a_row_is_named(mode: str) -> None:
    numbers, starts = np.array([1, 1, 4, 1, 2]), np.array([0, 3])
    weight = engine.tensor(table(0), requires_grad=True)
    output = embedding_bag(
        engine.tensor(numbers), weight, engine.tensor(starts), mode=mode, scale_grad_by_freq=True, max_norm=None
    )
    output.sum().backward()
    sizes = [3, 3, 3, 2, 2] if mode == "mean" else [1] * 5
    expected = [sum(1 / size for size, each in zip(sizes, numbers, strict=True) if each == row) for row in range(ROWS)]
    frequency = np.maximum(np.bincount(numbers, minlength=ROWS), 1)
    np.testing.assert_allclose(weight.grad.numpy(), np.tile((expected / frequency)[:, None], DIM), rtol=1e-12)


def second_gradient(function: Any, *arrays: np.ndarray) -> tuple[float, float]:
    """The slope of a gradient's sum along a direction, by gradients of gradients and by differences."""
    rng = np.random.default_rng(9)
    directions = [rng.normal(size=each.shape) for each in arrays]

    def slopes(shift: float) -> tuple[Any, list[Any]]:
        leaves = [
            engine.tensor(each + shift * direction, requires_grad=True)
            for each, direction in zip(arrays, directions, strict=True)
        ]
        first = engine.autograd.grad((function(*leaves) ** 3).sum(), leaves, create_graph=True)
        return sum((each * each).sum() for each in first), leaves

    total, leaves = slopes(0.0)
    found = engine.autograd.grad(total, leaves)
    along = sum(float((g.numpy() * direction).sum()) for g, direction in zip(found, directions, strict=True))
    step = 1e-6
    return along, (slopes(step)[0].item() - slopes(-step)[0].item()) / (2 * step)


@pytest.mark.parametrize(
    "function",
    [
        lambda weight: embedding(engine.tensor([1, 1, 4]), weight, 4),
        lambda weight: embedding(engine.tensor([1, 1, 4]), weight, 1, scale_grad_by_freq=True),
        lambda weight: embedding_bag(engine.tensor([[1, 1, 4], [0, 2, 4]]), weight, mode="mean", padding_idx=0),
        lambda weight: embedding_bag(engine.tensor([[1, 1, 4], [0, 2, 4]]), weight, mode="max"),
    ],
    ids=["padded", "scaled", "mean bags", "max bags"],
)
def test_second_gradients_of_embeddings(function: Any) -> None:
    analytic, numeric = second_gradient(function, table(3))
    np.testing.assert_allclose(analytic, numeric, rtol=1e-6)
