"""In which order recurrent layers walk packed sequences, and which states their steps begin with.

Sequences lie packed: all their first elements, then all their second ones, and so on, longer sequences first. `sizes`
says how many sequences still run at each step; all of them do where all are equally long.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Any

Sizes = tuple[int, ...]


def steps(sizes: Sizes, from_end: bool) -> list[slice]:
    """The rows of each step in the packed data, in the order in which steps are walked."""
    walked = [slice(start, stop) for start, stop in pairwise(accumulate(sizes, initial=0))]
    return walked[::-1] if from_end else walked


def states_before(states: Any, initial: Any, sizes: Sizes, from_end: bool) -> list[Any]:
    """The state that each row begins its step with, in pieces: the one before or, where there is none, `initial`."""
    pieces: list[tuple[Any, int, int]] = []

    def add(source: Any, start: int, stop: int) -> None:
        if pieces and pieces[-1][0] is source and pieces[-1][2] == start:
            start = pieces.pop()[1]
        if start < stop:
            pieces.append((source, start, stop))

    ends = list(accumulate(sizes))
    for step, running in enumerate(sizes):
        if from_end:
            known = sizes[step + 1] if step + 1 < len(sizes) else 0
            add(states, ends[step], ends[step] + known)
        else:
            known = running if step else 0
            add(states, ends[step - 1] - sizes[step - 1], ends[step - 1] - sizes[step - 1] + known)
        add(initial, known, running)
    return [source[start:stop] for source, start, stop in pieces]


def with_rows(state: Any, rows: Any) -> list[Any]:
    """The pieces of a state whose first rows are these."""
    return [rows] if len(rows) == len(state) else [rows, state[len(rows) :]]


def check_packed(name: str, brought: Any, weight: Any, state: Any, gates: int, sizes: Sizes) -> None:
    """Raise RuntimeError where what inputs bring, the hidden weight and a state do not fit the sizes of the steps."""
    if not sizes or sizes != tuple(sorted(sizes, reverse=True)):
        raise RuntimeError(f"{name}: steps must not grow, got {list(sizes)} sequences at each")
    size = state.shape[-1] if state.shape else 0
    expected = (sum(sizes), gates * size), (gates * size, size), (sizes[0], size)
    if (tuple(brought.shape), tuple(weight.shape), tuple(state.shape)) != expected:
        raise RuntimeError(
            f"{name}: {len(sizes)} steps of {sizes[0]} sequences with states of {size} need inputs, a weight and "
            f"states of {', '.join(str(list(each)) for each in expected)}, but got "
            f"{list(brought.shape)}, {list(weight.shape)} and {list(state.shape)}"
        )
