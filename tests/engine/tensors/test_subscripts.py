"""x[...] read and written with all that may stand in the brackets, beside NumPy and PyTorch."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine

SHAPE = (3, 4, 2, 5)


def positions(length: int) -> st.SearchStrategy[Any]:
    numbers = st.integers(-length, length - 1)
    vector = st.lists(numbers, min_size=2, max_size=2)
    return st.one_of(vector, vector.map(np.array), st.lists(vector, min_size=2, max_size=2).map(np.array))


@st.composite
def keys(draw: st.DrawFn) -> tuple[Any, ...]:
    """A tuple of integers, slices, None, one ellipsis, masks and positions that fits SHAPE."""
    key: list[Any] = []
    used = draw(st.integers(0, len(SHAPE)))
    for length in SHAPE[:used]:
        if draw(st.integers(0, 5)) == 0:
            key.append(None)
        bound = st.one_of(st.none(), st.integers(-length - 1, length + 1))
        slices = st.builds(slice, bound, bound, st.one_of(st.none(), st.integers(1, 3)))
        masks = st.permutations([True, True] + [False] * (length - 2)).map(np.array)
        key.append(draw(st.one_of(st.integers(-length, length - 1), slices, positions(length), masks)))
    if draw(st.booleans()):
        key.append(...)
    return tuple(key)


def as_lib(lib: Any, key: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(lib.tensor(each) if isinstance(each, np.ndarray) else each for each in key)


def only_slices(key: tuple[Any, ...]) -> bool:
    return not any(isinstance(each, list | np.ndarray | int) for each in key)


DATA = np.random.default_rng(5).normal(size=SHAPE)


@given(keys())
def test_slices_like_numpy(key: tuple[Any, ...]) -> None:
    key = tuple(each for each in key if only_slices((each,)))
    np.testing.assert_array_equal(engine.tensor(DATA)[key].numpy(), DATA[key])


@pytest.mark.parity
@given(keys())
def test_read_like_pytorch(key: tuple[Any, ...]) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = engine.tensor(DATA, requires_grad=True), torch.tensor(DATA, requires_grad=True)
    mine, right = ours[as_lib(engine, key)], theirs[as_lib(torch, key)]
    np.testing.assert_array_equal(mine.detach().numpy(), right.detach().numpy())
    weights = np.random.default_rng(6).normal(size=mine.shape)
    (mine * engine.tensor(weights)).sum().backward()
    (right * torch.tensor(weights)).sum().backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), atol=1e-12)
    if mine.numel():
        assert (mine._version, mine.data_ptr() == ours.data_ptr()) == (
            right._version,
            right.data_ptr() == theirs.data_ptr(),
        )


@pytest.mark.parity
@given(keys(), st.sampled_from(["number", "full", "row"]))
def test_write_like_pytorch(key: tuple[Any, ...], kind: str) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = engine.tensor(DATA), torch.tensor(DATA)
    shape = tuple(theirs[as_lib(torch, key)].shape)
    shape = shape if kind == "full" else shape[-1:]
    # Where positions repeat, which value stays is anybody's guess: all written values are equal then.
    values = np.full(shape, 7.5)
    ours[as_lib(engine, key)] = 2.5 if kind == "number" else engine.tensor(values)
    theirs[as_lib(torch, key)] = 2.5 if kind == "number" else torch.tensor(values)
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


REFUSED: tuple[tuple[Any, type[Exception], str], ...] = (
    (5, IndexError, "index 5 is out of bounds for dimension 0 with size 3"),
    ((0, -5), IndexError, "index -5 is out of bounds for dimension 1 with size 4"),
    ([0, 3], IndexError, "index 3 is out of bounds for dimension 0 with size 3"),
    ((0, 0, 0, 0, 0), IndexError, "too many indices for tensor of dimension 4"),
    (slice(None, None, -1), ValueError, "step must be greater than zero"),
    (0.5, IndexError, "only integers, slices"),
    ("a", TypeError, "only integers, slices"),
    ({1}, IndexError, "only integers, slices"),
    (np.array([0.5]), IndexError, "tensors used as indices must be long, int, byte or bool tensors"),
    (
        ([0, 1], [0, 1, 2]),
        IndexError,
        "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]",
    ),
    (
        np.array([True, False]),
        IndexError,
        "The shape of the mask [2] at index 0 does not match the shape of the indexed tensor",
    ),
)


@pytest.mark.parametrize(("key", "error", "says"), REFUSED)
def test_refusals(key: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as caught:
        engine.tensor(DATA)[key]
    assert str(caught.value).startswith(says)


def test_text_is_not_written() -> None:
    tensor = engine.tensor(DATA)
    for key in (0, ..., tensor > 0):
        with pytest.raises(TypeError, match="assign a str"):
            tensor[key] = "a"


def test_where_alone_gives_positions() -> None:
    tensor = engine.tensor(DATA)
    places = engine.where(tensor > tensor.mean())
    for place, right in zip(places, np.where(DATA.mean() < DATA), strict=True):
        np.testing.assert_array_equal(place, right)
    with pytest.raises(TypeError, match="other"):
        engine.where(tensor > 0, tensor)


def test_nothing_cannot_be_joined() -> None:
    for join in (engine.stack, engine.hstack, engine.vstack, engine.column_stack):
        with pytest.raises(RuntimeError, match="non-empty"):
            join([])


def test_zero_dimensions_have_no_positions() -> None:
    with pytest.raises(IndexError, match="invalid index of a 0-dim tensor"):
        engine.tensor(1.0)[0]


def test_a_view_shares_memory_and_positions_copy() -> None:
    x = engine.zeros(3, 4)
    x[1:, 2][0] = 1.0
    x[[0, 1]][0] = 5.0
    np.testing.assert_array_equal(x.numpy(), [[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])


def test_a_mask_has_no_shape_on_meta() -> None:
    x = engine.zeros(3, 4, device="meta")
    with pytest.raises(RuntimeError, match="depends on the values"):
        x[x > 0]
    x[x > 0] = 1.0
    assert x[1:, [0, 2], None].shape == (2, 2, 1)


def test_truth_and_bytes_as_masks() -> None:
    x = engine.arange(4)
    assert x[True].tolist() == [[0, 1, 2, 3]]
    assert x[False].shape == (0, 4)
    assert x[engine.tensor([0, 2, 1, 0], dtype=engine.uint8)].tolist() == [1, 2]
    assert x[x > 1].tolist() == [2, 3]
