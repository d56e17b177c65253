"""Reductions of segments: neighbours along a dimension, as many as lengths or offsets say."""

from __future__ import annotations

from typing import Any

from engine.ops.indices.scatter_reduction import scatter_reduce
from engine.ops.reductions.counting import searchsorted

# What scattering calls a reduction, and what a segment of nothing is.
REDUCTIONS: dict[str, tuple[str, float]] = {
    "sum": ("sum", 0.0),
    "mean": ("sum", float("nan")),
    "prod": ("prod", 1.0),
    "max": ("amax", float("-inf")),
    "min": ("amin", float("inf")),
}


def segment_reduce(
    data: Any,
    reduce: str,
    *,
    lengths: Any = None,
    indices: Any = None,
    offsets: Any = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Any:
    """sum, mean, prod, max or min of each segment of `data` along `axis` (torch.segment_reduce).

    `lengths` [..., segments] have the leading dimensions of the data before `axis`; `offsets` are where segments begin
    and the last one ends. `initial` takes part in each reduction, and stands for segments of nothing. Unless `unsafe`,
    RuntimeError is raised for lengths that don't add up to the data's.
    """
    if reduce not in REDUCTIONS:
        raise RuntimeError(f"segment_reduce(): unsupported reduction {reduce!r}; there are {', '.join(REDUCTIONS)}")
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported; give lengths or offsets")
    if (lengths is None) == (offsets is None):
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined, and not both.")
    place = axis % data.ndim
    counts = lengths if lengths is not None else offsets.diff(dim=-1)
    if counts.ndim != place + 1 or tuple(counts.shape[:-1]) != tuple(data.shape[:place]):
        raise RuntimeError(
            f"segment_reduce(): Expected all rows of lengths along axis {place} to lie beside the data's first "
            f"dimensions, got lengths {list(counts.shape)} for data {list(data.shape)}"
        )
    if not unsafe:
        _check_counts(counts, data.shape[place])
    return _reduced(data, reduce, counts, place, initial)


def _check_counts(counts: Any, length: int) -> None:
    if counts.numel() and bool((counts < 0).any()):
        raise RuntimeError(f"lengths contains negative value: {counts.tolist()}")
    if bool((counts.sum(-1) != length).any()):
        raise RuntimeError(
            f"segment_reduce(): Expected all rows of lengths along axis to sum to data.size(axis), which is {length}, "
            f"got {counts.tolist()}"
        )


def _reduced(data: Any, reduce: str, counts: Any, axis: int, initial: float | None) -> Any:
    name, nothing = REDUCTIONS[reduce]
    start = nothing if initial is None else initial
    segments = counts.shape[-1]
    shape = (*data.shape[:axis], segments, *data.shape[axis + 1 :])
    beside = (*counts.shape, *(1,) * (data.ndim - 1 - axis))
    # A position lies in the segment numbered by how many end before it.
    ends = counts.cumsum(-1)
    positions = ends.new_ones((*ends.shape[:-1], data.shape[axis])).cumsum(-1) - 1
    numbers = searchsorted(ends, positions, right=True).clamp(max=max(segments - 1, 0))
    index = numbers.reshape(*numbers.shape, *beside[axis + 1 :]).expand(data.shape)
    base = data.new_full(shape, start if reduce != "mean" else (initial or 0.0))
    total = scatter_reduce(base, axis, index, data, name, include_self=True)
    if reduce == "mean":
        sizes = counts.reshape(beside).to(data.dtype)
        empty = counts.reshape(beside) == 0
        return total.masked_fill(empty, start) / sizes.masked_fill(empty, 1)
    return total
