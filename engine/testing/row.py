"""Row: one op's samples and oracle, from which every check of the op is derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

ROWS: dict[str, list[Row]] = {}


@dataclass(frozen=True)
class Sample:
    """One call of an op: NumPy arrays (float64 unless the op wants others) stand where tensors go."""

    args: tuple[Any, ...]
    keywords: dict[str, Any] = field(default_factory=dict)


def sample(*args: Any, **keywords: Any) -> Sample:
    """A Sample from the arguments of a call."""
    return Sample(args, keywords)


@dataclass(frozen=True)
class Row:
    """How an op is proved.

    `oracle(*args, **keywords)` gets NumPy arrays and gives the right answer by a formula, NumPy or SciPy; `torch` is
    the same function of PyTorch (a dotted name or a callable on torch tensors), used where it is installed.
    `samples(rng)` draws calls away from kinks; `constants` are the positions of arguments without a gradient, as
    class weights; `second` says whether second gradients exist; `special` also tries NaN and infinities; `elementwise`
    ops are tried on all layouts and all dtype pairs; `large(rng)` draws calls of sizes for fast kernels alone.
    """

    op: Any
    oracle: Callable[..., Any]
    samples: Callable[[np.random.Generator], Iterable[Sample]]
    torch: str | Callable[..., Any] | None = None
    gradient: bool = True
    second: bool = True
    constants: tuple[int, ...] = ()
    special: bool = False
    elementwise: bool = False
    dtypes: tuple[str, ...] = ("float32", "float64")
    rtol: float = 1e-10
    large: Callable[[np.random.Generator], Iterable[Sample]] | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """The op's name and the row's label."""
        return self.op.name + (f"-{self.label}" if self.label else "")


def row(
    op: Any, oracle: Callable[..., Any], samples: Callable[[np.random.Generator], Iterable[Sample]], **options: Any
) -> Row:
    """Declare a row of an op; an op may have several."""
    made = Row(op, oracle, samples, **options)
    ROWS.setdefault(op.name, []).append(made)
    return made


SHAPES: tuple[tuple[int, ...], ...] = ((3, 4), (), (1,), (0,), (2, 0, 3), (5,), (2, 1, 3))
PAIRS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((3, 4), (3, 4)),
    ((3, 4), (4,)),
    ((3, 1), (1, 4)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((0, 3), (1, 3)),
    ((1,), (5,)),
)


def unary(
    low: float = -3.0, high: float = 3.0, away_from: tuple[float, ...] = ()
) -> Callable[[np.random.Generator], list[Sample]]:
    """Samples of one array of each of SHAPES, uniform between the bounds and at least 0.05 away from the kinks."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        return [Sample((_away(rng.uniform(low, high, shape), away_from),)) for shape in SHAPES]

    return draw


def binary(
    low: float = -3.0, high: float = 3.0, away_from: tuple[float, ...] = ()
) -> Callable[[np.random.Generator], list[Sample]]:
    """Samples of two arrays that broadcast, and of an array with a number."""

    def draw(rng: np.random.Generator) -> list[Sample]:
        pairs = [Sample(tuple(_away(rng.uniform(low, high, shape), away_from) for shape in shapes)) for shapes in PAIRS]
        array = _away(rng.uniform(low, high, (2, 3)), away_from)
        number = float(_away(rng.uniform(low, high, ()), away_from))
        return [*pairs, Sample((array, number)), Sample((number, array))]

    return draw


def _away(values: Any, kinks: tuple[float, ...]) -> Any:
    for kink in kinks:
        near = np.abs(values - kink) < 0.05
        values = np.where(near, kink + 0.05 + np.abs(values - kink), values)
    return np.asarray(values)
