"""Rows of layout, conversion, rearranging, windows and padding."""

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.autograd.in_place import lay_out, write_view
from engine.autograd.tensor_base import wrap
from engine.backend.device import CPU
from engine.backend.dtype import float64, int64
from engine.ops.layouts import conversion, copying, layout, padding, rearranging, strided, windows
from engine.tensors import Tensor
from engine.testing.row import Sample, row, sample, unary

Draw = Callable[[np.random.Generator], list[Sample]]


def calls(*cases: Any) -> Draw:
    """A sample of each (shape, attributes...)."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        return [sample(rng.normal(size=shape), *attributes) for shape, *attributes in cases]

    return draw


row(layout.detach, lambda x: x, unary(), torch="detach", gradient=False)
row(layout.clone, lambda x: x, unary(), torch="clone", special=True)
row(
    layout.expand,
    lambda x, size: np.broadcast_to(x, size),
    calls(((3, 1), (2, 3, 4)), ((), (2,)), ((1, 3), (0, 3)), ((2, 3), (2, 3))),
    torch=lambda x, size: x.expand(size),
)
row(
    layout.view,
    np.reshape,
    calls(((2, 6), (3, -1)), ((), (1, 1)), ((0, 3), (3, 0)), ((4,), (4,))),
    torch=lambda x, size: x.view(size),
)
row(
    layout.permute,
    np.transpose,
    calls(((2, 3, 4), (2, 0, 1)), ((2, 3), (-1, 0)), ((), ()), ((0, 2), (1, 0))),
    torch="permute",
)
row(
    conversion.cast,
    lambda x, dtype: x.astype(dtype.numpy),
    calls(((2, 3), float64), ((), float64)),
    torch=lambda x, t: x.to(t),
)
row(conversion.cast, lambda x, dtype: x.astype(dtype.numpy), calls(((2, 3), int64)), gradient=False, label="whole")
row(conversion.move, lambda x, device, home: x, calls(((2, 3), CPU, CPU), ((), CPU, CPU)))
row(
    copying.copy,
    lambda x, src: np.broadcast_to(src, x.shape),
    lambda rng: [
        sample(rng.normal(size=shape), rng.normal(size=other))
        for shape, other in (((2, 3), (3,)), ((2,), ()), ((0, 2), (2,)))
    ],
)
row(rearranging.flip, np.flip, calls(((2, 3), (0,)), ((2, 3, 2), (-1, 0)), ((3,), ()), ((0, 2), (1,))), torch="flip")
row(
    rearranging.roll_dims,
    lambda x, shifts, dims: np.roll(x, shifts, dims),
    calls(((3, 4), (1,), (0,)), ((3, 4), (-2, 5), (1, 0)), ((0,), (1,), (0,)), ((3, 2), (1, 1), (0, 0))),
    torch="roll",
)
TRIANGLES = calls(((3, 4), 0), ((3, 4), 1), ((2, 4, 3), -1), ((0, 3), 0), ((3, 3), 7))
row(rearranging.tril, np.tril, TRIANGLES, torch="tril")
row(rearranging.triu, np.triu, TRIANGLES, torch="triu")
row(
    windows.diagonal,
    np.diagonal,
    calls(((3, 4), 0, 0, 1), ((3, 4), 1, 0, 1), ((2, 3, 4), -1, -1, 0), ((3, 3), 5, 0, 1)),
    torch="diagonal",
)


def on_diagonal(x: np.ndarray, size: tuple[int, ...], offset: int, dim1: int, dim2: int) -> np.ndarray:
    """Element by element: position k of the last dimension lies at (k, k + offset), or (k - offset, k)."""
    result = np.zeros(size)
    moved = np.moveaxis(result, (dim1, dim2), (-2, -1))
    for k in range(x.shape[-1]):
        moved[..., k + max(0, -offset), k + max(0, offset)] = x[..., k]
    return result


row(windows.diagonal_backward, on_diagonal, calls(((3,), (3, 4), 1, 0, 1), ((3, 2), (2, 3, 4), -2, 2, 0)))
row(
    windows.unfold,
    lambda x, dim, size, step: np.moveaxis(
        np.stack([np.moveaxis(x, dim, 0)[k : k + size] for k in range(0, x.shape[dim] - size + 1, step)]),
        (0, 1),
        (dim % x.ndim, -1),
    ),
    calls(((7,), 0, 3, 2), ((2, 5), 1, 2, 1), ((4, 3), -2, 4, 1)),
    torch=lambda x, *window: x.unfold(*window),
)


def windows_added(x: np.ndarray, size: tuple[int, ...], dim: int, length: int, step: int) -> np.ndarray:
    result = np.zeros(size)
    for place in np.ndindex(*x.shape):
        target = list(place[:-1])
        target[dim] = target[dim] * step + place[-1]
        result[tuple(target)] += x[place]
    return result


row(windows.unfold_backward, windows_added, calls(((3, 3), (7,), 0, 3, 2), ((2, 4, 2), (2, 5), 1, 2, 1)))


def strided_oracle(x: np.ndarray, size: Any, stride: Any, start: int, own: Any) -> np.ndarray:
    return np.array([x.ravel()[start + np.dot(place, stride).astype(int)] for place in np.ndindex(*size)]).reshape(size)


def carried(x: np.ndarray, source: Any, target: Any, shared: Any) -> np.ndarray:
    """Element by element, over a memory that is long enough."""
    memory, counts = np.zeros(40), np.zeros(40)
    for number, (size, stride, start) in enumerate((source, shared)):
        for place in np.ndindex(*size):
            (memory, counts)[number][start + int(np.dot(place, stride))] += x[place] if number == 0 else 1
    size, stride, start = target
    read = [start + int(np.dot(place, stride)) for place in np.ndindex(*size)]
    return (memory / np.maximum(counts, 1))[read].reshape(size)


row(
    strided.strided_view,
    strided_oracle,
    calls(((3, 4), (2, 2), (1, 2), 0, (4, 1)), ((3, 4), (3, 3), (4, 1), 1, (4, 1)), ((6,), (4, 3), (1, 1), 0, (1,))),
    torch=lambda x, size, stride, start, own: x.as_strided(size, stride, start),
)
PLAIN, CROSSED, LINE = ((3, 4), (4, 1), 0), ((2, 2), (1, 2), 3), ((4, 3), (1, 1), 2)
row(
    strided.carry_over,
    carried,
    calls(
        ((2, 2), CROSSED, PLAIN, PLAIN),
        ((4, 3), LINE, ((6,), (1,), 2), ((6,), (1,), 2)),
        ((3, 4), PLAIN, LINE, LINE),
        ((4, 3), LINE, PLAIN, LINE),
    ),
)


def padded(x: np.ndarray, pad: tuple[int, ...], value: float) -> np.ndarray:
    if not pad:
        return x
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2) + [pad[k : k + 2] for k in range(0, len(pad), 2)][::-1]
    wide = np.pad(x, [(max(0, a), max(0, b)) for a, b in pairs], constant_values=value)
    return wide[tuple(slice(max(0, -a), n - max(0, -b)) for n, (a, b) in zip(wide.shape, pairs, strict=True))]


row(
    padding.constant_pad_nd,
    padded,
    calls(((2, 3), (1, 2), 0.5), ((2, 3), (1, -1, 0, 2), 0.0), ((2, 1, 3), (-2, 0, 1, 1), 2.0), ((), (), 0.0)),
    torch="constant_pad_nd",
)
row(lay_out, lambda x, order: x, calls(((2, 3, 4), (2, 0, 1)), ((), ()), ((3,), (0,))))


def second_row(base: np.ndarray, value: np.ndarray, view: Any) -> np.ndarray:
    result = base.copy()
    result[1] = value
    return result


def row_writes(rng: np.random.Generator) -> list[Sample]:
    view = wrap(Tensor, np.zeros((3, 4)))[1].view_of
    return [sample(rng.normal(size=(3, 4)), rng.normal(size=4), view)]


row(write_view, second_row, row_writes)
