"""What a shape rule works on: a shape and a dtype without data."""

from __future__ import annotations

from typing import Any, NamedTuple

from engine.backend.dtype import dtype


class Spec(NamedTuple):
    """The shape and dtype of an array that need not exist."""

    shape: tuple[int, ...]
    dtype: dtype

    @property
    def ndim(self) -> int:
        """How many dimensions the shape has."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """How many elements the shape has."""
        total = 1
        for length in self.shape:
            total *= length
        return total


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that all broadcast to; RuntimeError names shapes and dimension that don't (torch.broadcast_shapes)."""
    rank = max(map(len, shapes), default=0)
    result = [1] * rank
    for shape in shapes:
        for position in range(rank - 1, rank - len(shape) - 1, -1):
            length = shape[position - rank]
            if length == 1 or length == result[position]:
                continue
            if result[position] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({result[position]}) must match the size of tensor b ({length}) "
                    f"at non-singleton dimension {position}: shapes {', '.join(str(each) for each in shapes)}"
                )
            result[position] = length
    return tuple(result)


def specs_of(values: Any) -> list[Spec]:
    """The Specs among a rule's arguments, variadic ones included."""
    found: list[Spec] = []
    for value in values:
        if isinstance(value, Spec):
            found.append(value)
        elif isinstance(value, tuple) and value and isinstance(value[0], Spec):
            found.extend(value)
    return found


def broadcast(*args: Any) -> Spec:
    """The shape rule of broadcasting ops: all inputs broadcast, the first one's dtype."""
    specs = specs_of(args)
    return Spec(broadcast_shapes(*(spec.shape for spec in specs)), specs[0].dtype)


def same(input: Spec, *attributes: Any) -> Spec:
    """The shape rule of ops whose output looks like their first input."""
    return input
