"""A shape is a Size: a tuple that counts elements."""

from collections.abc import Callable
from operator import add
from typing import Any

import pytest

import engine


def test_shapes_are_sizes_and_equal_tuples() -> None:
    size = engine.zeros(2, 3).shape
    assert isinstance(size, engine.Size)
    assert size == (2, 3)
    assert hash(size) == hash((2, 3))
    assert size == engine.zeros(2, 3).size()
    assert repr(size) == "engine.Size([2, 3])"


def test_numel_counts_elements() -> None:
    assert engine.Size([2, 3, 4]).numel() == 24
    assert engine.Size([]).numel() == 1
    assert engine.Size([2, 0]).numel() == 0


def test_parts_sums_and_multiples_are_sizes_again() -> None:
    size = engine.Size([1, 2])
    for made, lengths in (
        (size[:1], (1,)),
        (add(size, (3,)), (1, 2, 3)),
        (add((3,), size), (3, 1, 2)),
        (size * 2, (1, 2, 1, 2)),
        (2 * size, (1, 2, 1, 2)),
    ):
        assert isinstance(made, engine.Size)
        assert made == lengths
    assert type(size[0]) is int


def test_a_size_and_a_list_are_not_joined() -> None:
    size: Any = engine.Size([1])
    for join in (lambda: add(size, [2]), lambda: add([2], size)):
        with pytest.raises(TypeError):
            join()


OPERATIONS: tuple[Callable[[Any], Any], ...] = (
    lambda size: size[:1],
    lambda size: size[0],
    lambda size: add(size, (3,)),
    lambda size: add((3,), size),
    lambda size: size * 2,
    lambda size: 2 * size,
    lambda size: size.numel(),
    lambda size: size == (1, 2),
)


@pytest.mark.parity
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_gives_what_pytorchs_gives(operation: Callable[[Any], Any]) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = operation(engine.Size([1, 2])), operation(torch.Size([1, 2]))
    assert type(ours).__name__ == type(theirs).__name__
    assert ours == theirs
