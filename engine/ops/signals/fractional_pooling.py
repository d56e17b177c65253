"""Fractional max pooling: windows of one size at random distances (Graham, "Fractional Max-Pooling", 2014)."""

from __future__ import annotations

from typing import Any

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec
from engine.backend.dtype import dtype, int64
from engine.backend.namespace import xp
from engine.ops.indices.indexing import spec_of
from engine.ops.indices.picking import Selected
from engine.ops.refusals import refuse_whole
from engine.ops.signals.pooling import largest, max_pool_backward
from engine.ops.signals.sliding import ScatteredWindows

Shape = tuple[int, ...]


def _pooled_shape(input: Spec, samples: Spec, kernel_size: Shape, output_size: Shape) -> tuple[Spec, Spec]:
    rank = len(kernel_size)
    if input.ndim not in (rank + 1, rank + 2) or 0 in input.shape[-rank - 1 :]:
        raise RuntimeError(
            f"fractional_max_pool{rank}d(): Expected {rank + 1}D or {rank + 2}D tensor with non-zero size for "
            f"non-batch dimensions, but got {list(input.shape)}"
        )
    lengths = input.shape[-rank:]
    if min(output_size) < 1 or any(
        count + kernel - 1 > length for count, kernel, length in zip(output_size, kernel_size, lengths, strict=True)
    ):
        raise RuntimeError(
            f"fractional_max_pool{rank}d(): pool size {kernel_size} is too large for {output_size} windows over the "
            f"lengths {list(lengths)}, or there are none"
        )
    batch = (input.shape[0] if input.ndim == rank + 2 else 1, input.shape[-rank - 1])
    if samples.shape != (*batch, rank):
        raise RuntimeError(
            f"Expect _random_samples of shape {[*batch, rank]} for input {list(input.shape)}, got {list(samples.shape)}"
        )
    shape = (*input.shape[:-rank], *output_size)
    return Spec(shape, input.dtype), Spec(shape, int64)


def _starts(sample: Any, length: int, count: int, kernel: int) -> Any:
    """Where windows start for each random number in [0, 1): the first at 0, the last at the end, [..., count]."""
    namespace = xp(sample)
    last = namespace.full((*sample.shape, 1), length - kernel)
    if count == 1:
        return last
    distance = sample.dtype.type((length - kernel) / (count - 1))
    places = namespace.arange(count - 1).astype(sample.dtype)
    offset = (sample * distance).astype("int64")[..., None]
    starts = ((places + sample[..., None]) * distance).astype("int64") - offset
    return namespace.concatenate([starts, last], axis=-1)


@op(shape=_pooled_shape, types="keep", nondifferentiable=("indices",))
def fractional_max_pool(input: Array, samples: Array, kernel_size: Shape, output_size: Shape) -> Selected:
    """The largest element of each of `output_size` windows over the last dimensions, and where it is in them.

    `samples` [N, C, rank] are the random numbers in [0, 1) that place each plane's windows, the last dimension first.
    """
    _pooled_shape(spec_of(input), spec_of(samples), kernel_size, output_size)
    rank = len(kernel_size)
    starts = []
    for axis, (kernel, count) in enumerate(zip(kernel_size, output_size, strict=True)):
        number = samples[..., axis if rank == 3 else rank - 1 - axis].reshape(input.shape[:-rank])
        start = _starts(number, input.shape[axis - rank], count, kernel)
        starts.append(start.reshape(*input.shape[:-rank], *[1] * axis, count, *[1] * (rank - 1 - axis)))
    return largest(ScatteredWindows(input, starts, list(kernel_size), kernel_size))


def _refuse_types(name: str, compute: dtype | None, input: dtype, samples: dtype) -> None:
    refuse_whole(name, input)
    if samples is not input:
        raise RuntimeError(f"{name}: Expect _random_samples to have the same dtype as input, {input}, got {samples}")


fractional_max_pool.refuse(_refuse_types)
fractional_max_pool.gradient(
    input=lambda g_values, indices, shape_of_input, kernel_size: max_pool_backward(
        g_values, indices, shape_of_input[-len(kernel_size) :]
    ),
    samples=None,
)
