"""Rows of convolution, its adjoint and its gradient in the weight."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from engine.ops.signals import convolution as ops
from engine.testing.row import Sample, row, sample

Shape = tuple[int, ...]


def correlations(rng: np.random.Generator) -> list[Sample]:
    def draw(*shape: int) -> np.ndarray:
        return rng.normal(size=shape)

    return [
        sample(draw(2, 3, 5, 6), draw(4, 3, 3, 2), draw(4), (1, 1), (0, 0), (1, 1), 1),
        sample(draw(2, 4, 6, 5), draw(6, 2, 3, 3), None, (2, 1), (1, 2), (1, 2), 2),
        sample(draw(2, 3, 4, 4), draw(5, 3, 1, 1), draw(5), (1, 1), (0, 0), (1, 1), 1),
        sample(draw(2, 4, 3, 3), draw(6, 2, 1, 1), draw(6), (1, 1), (0, 0), (1, 1), 2),
        sample(draw(2, 3, 5, 5), draw(6, 1, 3, 3), draw(6), (2, 2), (1, 1), (1, 1), 3),
        sample(draw(2, 3, 9), draw(2, 3, 4), draw(2), (3,), (2,), (2,), 1),
        sample(draw(1, 2, 4, 3, 4), draw(2, 2, 2, 2, 3), draw(2), (2, 1, 1), (1, 0, 1), (1, 1, 1), 1),
        sample(draw(5, 5, 3, 2).T, draw(3, 3, 3, 4).T, draw(4), (1, 1), (1, 1), (1, 1), 1),
        sample(draw(0, 2, 4, 4), draw(3, 2, 3, 3), draw(3), (1, 1), (0, 0), (1, 1), 1),
    ]


def large_correlations(rng: np.random.Generator) -> list[Sample]:
    """For fast kernels: strips and tiles that are not full, all kinds of groups, strides, paddings and lengths.

    Numbers are small, so that rounding stays small beside the tolerance where sums of thousands nearly cancel.
    """

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(size=shape, scale=0.1)

    return [
        sample(draw(17, 3, 9, 14), draw(9, 3, 3, 3), draw(9), (1, 1), (1, 1), (1, 1), 1),
        sample(draw(3, 32, 13, 11), draw(6, 16, 4, 3), None, (2, 1), (1, 2), (1, 2), 2),
        sample(draw(16, 18, 12, 7), draw(18, 1, 3, 3), draw(18), (2, 2), (1, 1), (1, 1), 18),
        sample(draw(1, 20, 37, 18), draw(20, 20, 1, 1), draw(20), (1, 1), (0, 0), (1, 1), 1),
        sample(draw(7, 5, 60), draw(24, 5, 7), draw(24), (3,), (2,), (2,), 1),
        sample(draw(9, 18, 7, 15), draw(20, 9, 3, 3), draw(20), (1, 1), (1, 0), (1, 1), 2),
        sample(draw(9, 12, 9, 10), draw(17, 12, 2, 1), draw(17), (2, 1), (0, 1), (1, 1), 1),
        sample(draw(19, 24, 3, 4), draw(50, 24, 3, 4), draw(50), (1, 2), (0, 0), (1, 1), 1),
        sample(draw(18, 33, 5, 5), draw(1, 33, 5, 5), draw(1), (1, 1), (2, 2), (1, 1), 1),
    ]


def around(lengths: Shape) -> Any:
    return (..., *map(slice, lengths))


def spread(kernel: np.ndarray, dilation: Shape) -> np.ndarray:
    """A kernel with zeros between its elements."""
    result = np.zeros(tuple(step * (length - 1) + 1 for length, step in zip(kernel.shape, dilation, strict=True)))
    result[tuple(slice(None, None, step) for step in dilation)] = kernel
    return result


def correlated(
    input: np.ndarray, weight: np.ndarray, bias: Any, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> np.ndarray:
    """Each plane of the input correlated with each plane of the weight by SciPy."""
    edges = [(0, 0), (0, 0), *((pad, pad) for pad in padding)]
    batch = np.pad(input, edges)
    every = tuple(slice(None, None, step) for step in stride)
    outputs, channels = len(weight) // groups, weight.shape[1]
    images = []
    for image in batch:
        planes = []
        for number, filters in enumerate(weight):
            seen = image[number // outputs * channels :][:channels]
            terms = zip(seen, filters, strict=True)
            plane = sum(
                signal.correlate(each, spread(part, dilation), "valid", "direct")[every] for each, part in terms
            )
            planes.append(plane + (0 if bias is None else bias[number]))
        images.append(planes)
    lengths = [
        (length - step * (kernel - 1) - 1) // jump + 1
        for length, step, kernel, jump in zip(batch.shape[2:], dilation, weight.shape[2:], stride, strict=True)
    ]
    return np.array(images).reshape(len(input), len(weight), *lengths)


def spreads(rng: np.random.Generator) -> list[Sample]:
    def draw(*shape: int) -> np.ndarray:
        return rng.normal(size=shape)

    return [
        sample(draw(2, 3, 3, 4), draw(3, 2, 3, 2), draw(2), (1, 1), (0, 0), (0, 0), (1, 1), 1),
        sample(draw(2, 4, 3, 4), draw(4, 3, 3, 3), None, (2, 3), (1, 2), (1, 2), (1, 1), 2),
        sample(draw(2, 3, 4, 4), draw(3, 5, 1, 1), draw(5), (1, 1), (0, 0), (0, 0), (1, 1), 1),
        sample(draw(2, 6, 3, 3), draw(6, 1, 3, 2), draw(3), (2, 1), (1, 0), (0, 0), (1, 2), 3),
        sample(draw(2, 2, 4), draw(2, 3, 3), draw(3), (2,), (1,), (3,), (4,), 1),
        sample(draw(1, 2, 2, 3, 2), draw(2, 1, 2, 2, 3), draw(1), (2, 1, 1), (1, 0, 1), (0, 0, 0), (1, 1, 1), 1),
        sample(draw(0, 2, 3, 3), draw(2, 3, 2, 2), draw(3), (1, 1), (0, 0), (0, 0), (1, 1), 1),
    ]


def large_spreads(rng: np.random.Generator) -> list[Sample]:
    """For fast kernels, as in `large_correlations`."""

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(size=shape, scale=0.1)

    return [
        sample(draw(17, 9, 7, 8), draw(9, 5, 4, 4), draw(5), (2, 2), (1, 1), (0, 0), (1, 1), 1),
        sample(draw(2, 24, 13, 9), draw(24, 7, 3, 2), None, (1, 3), (1, 0), (0, 2), (2, 1), 2),
        sample(draw(9, 18, 7, 15), draw(18, 9, 3, 3), draw(18), (1, 1), (2, 1), (0, 0), (1, 1), 2),
        sample(draw(19, 24, 1, 1), draw(24, 50, 3, 4), draw(50), (2, 1), (0, 0), (0, 0), (1, 1), 1),
        sample(draw(30, 33, 6, 5), draw(33, 1, 3, 3), draw(1), (2, 2), (1, 1), (1, 1), (1, 1), 1),
        sample(draw(5, 16, 50), draw(16, 12, 5), draw(12), (2,), (0,), (1,), (1,), 1),
    ]


def spread_out(
    input: np.ndarray,
    weight: np.ndarray,
    bias: Any,
    stride: Shape,
    padding: Shape,
    output_padding: Shape,
    dilation: Shape,
    groups: int,
) -> np.ndarray:
    """Zeros between the input's elements, then the whole convolution with each plane of the weight by SciPy."""
    inner, outputs = len(weight) // groups, weight.shape[1]
    result = []
    for image in input:
        total: list[Any] = [0] * (outputs * groups)
        for number, (plane, filters) in enumerate(zip(image, weight, strict=True)):
            for output, part in enumerate(filters):
                place = number // inner * outputs + output
                whole = signal.convolve(spread(plane, stride), spread(part, dilation), method="direct")
                total[place] = total[place] + np.pad(whole, [(0, extra) for extra in output_padding])
        kept = tuple(slice(pad, length - pad) for pad, length in zip(padding, total[0].shape, strict=True))
        offsets = [0] * len(total) if bias is None else bias
        result.append([plane[kept] + offset for plane, offset in zip(total, offsets, strict=True)])
    if not result:
        return np.zeros((0, outputs * groups, 4, 4))
    return np.array(result)


def weights(rng: np.random.Generator) -> list[Sample]:
    return gradients_of(correlations(rng), rng)


def large_weights(rng: np.random.Generator) -> list[Sample]:
    return gradients_of(large_correlations(rng), rng, scale=0.1)


def gradients_of(forward: list[Sample], rng: np.random.Generator, scale: float = 1.0) -> list[Sample]:
    """The gradients in the weight of some convolutions, with gradients drawn for their results."""
    calls = []
    for input, weight, _, *steps in (call.args for call in forward):
        result = correlated(input, weight, None, *steps)
        gradient = rng.normal(size=result.shape, scale=scale)
        calls.append(sample(input, gradient, weight.shape[2:], *steps))
    return calls


def seen_and_summed(
    input: np.ndarray, gradient: np.ndarray, kernel: Shape, stride: Shape, padding: Shape, dilation: Shape, groups: int
) -> np.ndarray:
    """For each place in the kernel, what the windows see there times the gradient."""
    batch = np.pad(input, [(0, 0), (0, 0), *((pad, pad) for pad in padding)])
    channels, outputs = input.shape[1] // groups, gradient.shape[1] // groups
    result = np.zeros((gradient.shape[1], channels, *kernel))
    for place in np.ndindex(*kernel):
        starts = tuple(each * step for each, step in zip(place, dilation, strict=True))
        every: Any = (..., *(slice(start, None, step) for start, step in zip(starts, stride, strict=True)))
        view = batch[every][around(gradient.shape[2:])]
        for output in range(gradient.shape[1]):
            for channel in range(channels):
                seen = view[:, output // outputs * channels + channel]
                result[(output, channel, *place)] = (seen * gradient[:, output]).sum()
    return result


row(ops.convolution, correlated, correlations, large=large_correlations)
row(ops.transposed_convolution, spread_out, spreads, large=large_spreads)
row(ops.convolution_weight_gradient, seen_and_summed, weights, large=large_weights)
