"""Rows of indexing, gathering, scattering and masking."""

from typing import Any

import numpy as np

from engine.ops.indices import gathering, indexing, masking, scattering
from engine.testing.row import Sample, row, sample

KEYS = (
    ((3, 4), (1,)),
    ((3, 4), ((0, 3, 2), 2)),
    ((3, 4), (None, (1, 3, 1), None, (0, 4, 3))),
    ((2, 3, 2), (1, 2, 0)),
    ((3,), ((2, 2, 1),)),
    ((), (None,)),
)


def sliced(x: np.ndarray, key: Any) -> np.ndarray:
    return x[tuple(slice(*each) if isinstance(each, tuple) else each for each in key)]


def spread(x: np.ndarray, size: tuple[int, ...], key: Any) -> np.ndarray:
    places = sliced(np.arange(int(np.prod(size))).reshape(size), key)
    result = np.zeros(int(np.prod(size)))
    result[places.ravel()] = x.ravel()
    return result.reshape(size)


row(indexing.basic_index, sliced, lambda rng: [sample(rng.normal(size=shape), key) for shape, key in KEYS])
row(
    indexing.basic_index_backward,
    spread,
    lambda rng: [sample(np.asarray(sliced(rng.normal(size=shape), key)), shape, key) for shape, key in KEYS],
)

ROWS, COLUMNS = np.array([[2, 0], [1, -1]]), np.array([1, 3])
POSITIONS: tuple[tuple[tuple[int, ...], tuple[np.ndarray, ...], tuple[int, ...] | None], ...] = (
    ((5, 4), (ROWS,), None),
    ((5, 4), (ROWS, COLUMNS), None),
    ((3, 4), (COLUMNS,), (1,)),
    ((3, 2, 4), (np.array([2, 1]), COLUMNS), (0, 2)),
    ((2, 3, 4), (np.array([2, 1]), COLUMNS), (1, 2)),
    ((3, 4), (np.zeros((0,), int),), None),
    ((3,), (np.array(1),), None),
)


def places(x: np.ndarray, indices: tuple[np.ndarray, ...], dims: tuple[int, ...] | None) -> tuple[Any, ...]:
    key: list[Any] = [slice(None)] * x.ndim
    for place, each in zip(dims or range(len(indices)), indices, strict=True):
        key[place] = each
    return tuple(key)


def taken(x: np.ndarray, indices: tuple[np.ndarray, ...], dims: tuple[int, ...] | None) -> np.ndarray:
    return x[places(x, indices, dims)]


def put(x: np.ndarray, indices: Any, values: np.ndarray, accumulate: bool, dims: Any) -> np.ndarray:
    """One element after the other."""
    result = x.copy()
    numbers = np.arange(x.size).reshape(x.shape)[places(x, indices, dims)]
    for place, value in zip(numbers.ravel(), np.broadcast_to(values, numbers.shape).ravel(), strict=True):
        result.flat[place] = value + (result.flat[place] if accumulate else 0)
    return result


def puts(rng: np.random.Generator) -> list[Sample]:
    made = []
    for shape, indices, dims in POSITIONS:
        shown = np.shape(taken(np.zeros(shape), indices, dims))
        for accumulate in (False, True):
            made.append(sample(rng.normal(size=shape), indices, rng.normal(size=shown), accumulate, dims))
    repeated = (np.array([0, 2, 0]),)
    made.append(sample(rng.normal(size=(3, 4)), repeated, rng.normal(size=(3, 4)), True, None))
    made.append(sample(rng.normal(size=(3, 4)), (np.array([2, 0]),), rng.normal(size=4), False, None))
    return made


row(
    indexing.index,
    taken,
    lambda rng: [sample(rng.normal(size=shape), indices, dims) for shape, indices, dims in POSITIONS],
    torch=lambda x, indices, dims: x[places(x, indices, dims)],
)
row(indexing.index_put, put, puts)

VECTORS: tuple[tuple[tuple[int, ...], int, list[int]], ...] = (
    ((3, 4), 0, [2, 0, 2]),
    ((3, 4), -1, [1]),
    ((5,), 0, []),
    ((2, 3, 2), 1, [0, 0, 2, 1]),
)


def selections(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=shape), dim, np.array(index, int)) for shape, dim, index in VECTORS]


def sources(rng: np.random.Generator, unique: bool, **keywords: Any) -> list[Sample]:
    made = []
    for shape, dim, given in VECTORS:
        index = np.array(sorted(set(given)) if unique else given, int)
        source = np.take(rng.normal(size=shape), index, dim)
        made.append(sample(rng.normal(size=shape), dim, index, rng.normal(size=source.shape), **keywords))
    return made


def moved(change: Any) -> Any:
    """An oracle that changes slice after slice of a copy."""

    def oracle(x: np.ndarray, dim: int, index: np.ndarray, source: Any, alpha: float = 1) -> np.ndarray:
        result = x.copy()
        lines = np.moveaxis(result, dim, 0)
        for number, place in enumerate(index):
            each = np.moveaxis(source, dim, 0)[number] if np.ndim(source) else source
            lines[place] = change(lines[place], each * alpha)
        return result

    return oracle


row(gathering.index_select, lambda x, dim, index: np.take(x, index, dim), selections, torch="index_select")
row(
    gathering.index_add,
    moved(lambda old, new: old + new),
    lambda rng: [*sources(rng, False), *sources(rng, False, alpha=2.5)],
    torch="index_add",
)
row(gathering.index_copy, moved(lambda old, new: new), lambda rng: sources(rng, True), torch="index_copy")
row(
    gathering.index_fill,
    moved(lambda old, new: new),
    lambda rng: [sample(*each.args, value) for each in selections(rng) for value in (1.5, np.asarray(rng.normal()))],
    torch="index_fill",
)

GRIDS = (
    ((3, 4), 0, [[2, 0, 1, 2]]),
    ((3, 4), 1, [[3], [0]]),
    ((3, 4), -1, [[0, 1, 3], [2, 1, 0], [3, 0, 1]]),
    ((4,), 0, [3, 1]),
    ((2, 2, 3), 1, [[[1, 0, 1]]]),
    ((3,), 0, np.zeros(0)),
)


def gathers(rng: np.random.Generator) -> list[Sample]:
    return [sample(rng.normal(size=shape), dim, np.array(index, int)) for shape, dim, index in GRIDS]


def reached(place: tuple[int, ...], dim: int, index: np.ndarray) -> tuple[int, ...]:
    target = list(place)
    target[dim] = index[place]
    return tuple(target)


def gathered(x: np.ndarray, dim: int, index: np.ndarray) -> np.ndarray:
    return np.array([x[reached(place, dim, index)] for place in np.ndindex(*index.shape)]).reshape(index.shape)


def scattered(add: bool) -> Any:
    def oracle(x: np.ndarray, dim: int, index: np.ndarray, src: Any) -> np.ndarray:
        result = x.copy()
        for place in np.ndindex(*index.shape):
            target = reached(place, dim, index)
            result[target] = (src[place] if np.ndim(src) else src) + (result[target] if add else 0)
        return result

    return oracle


def scatters(rng: np.random.Generator) -> list[Sample]:
    return [sample(*each.args, rng.normal(size=each.args[2].shape)) for each in gathers(rng)]


def larger_sources(rng: np.random.Generator) -> list[Sample]:
    return [sample(*each.args, rng.normal(size=[length + 1 for length in each.args[2].shape])) for each in gathers(rng)]


row(scattering.gather, gathered, gathers, torch="gather")
row(
    scattering.scatter,
    scattered(False),
    lambda rng: [*scatters(rng), *(sample(*each.args, 2.5) for each in gathers(rng))],
    torch="scatter",
)
row(scattering.scatter, scattered(False), larger_sources, label="larger")
row(scattering.scatter_add, scattered(True), scatters, torch="scatter_add")
row(scattering.scatter_add, scattered(True), larger_sources, label="larger")


def masks(rng: np.random.Generator) -> list[Sample]:
    shapes = (((3, 4), (3, 4)), ((3, 4), (4,)), ((4,), (3, 1)), ((), ()), ((0, 2), (2,)))
    pairs = [(rng.normal(size=shape), np.asarray(rng.random(mask) < 0.5)) for shape, mask in shapes]
    return [sample(x, mask, value) for x, mask in pairs for value in (-2.0, np.asarray(rng.normal()))]


def many_masked(rng: np.random.Generator) -> list[Sample]:
    x = rng.normal(size=(9, 121, 133))
    return [sample(x, x < 0.3, -2.5), sample(x, x[0] < 0.3, 1)]


row(
    masking.masked_fill,
    lambda x, mask, value: np.where(mask, value, x),
    masks,
    torch="masked_fill",
    large=many_masked,
)
