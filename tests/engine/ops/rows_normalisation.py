"""Rows of normalisations and their backwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.ops.normalisations import batch_normalisation, group_normalisation, layer_normalisation, root_mean_square
from engine.testing.row import Sample, row, sample

EPS = 1e-5
Samples = Callable[[np.random.Generator], list[Sample]]


def batches(rng: np.random.Generator) -> list[Sample]:
    weight, bias = rng.normal(size=(2, 3))
    return [
        sample(rng.normal(size=(5, 3)), weight, bias, EPS),
        sample(2 + rng.normal(size=(2, 3, 4)), weight, None, EPS),
        sample(rng.normal(size=(2, 3, 4, 2)), None, bias, EPS),
        sample(rng.normal(size=(1, 3, 4)), None, None, 0.1),
        sample(rng.normal(size=(4, 2, 3)).transpose(1, 2, 0), weight, bias, EPS),
    ]


def normalised(input: np.ndarray, axes: tuple[int, ...], eps: float) -> np.ndarray:
    return (input - input.mean(axis=axes, keepdims=True)) / np.sqrt(input.var(axis=axes, keepdims=True) + eps)


def batch_norm(input: np.ndarray, weight: Any, bias: Any, eps: float) -> Any:
    axes, shape = (0, *range(2, input.ndim)), (1, -1) + (1,) * (input.ndim - 2)
    scale, shift = (
        np.reshape(fallback if each is None else each, shape) for each, fallback in ((weight, 1), (bias, 0))
    )
    return normalised(input, axes, eps) * scale + shift, input.mean(axis=axes), input.var(axis=axes)


def batch_backwards(rng: np.random.Generator, forwards: Samples = batches) -> list[Sample]:
    calls = []
    for input, weight, _, eps in (call.args for call in forwards(rng)):
        axes = (0, *range(2, input.ndim))
        rstd = 1 / np.sqrt(input.var(axis=axes) + eps)
        calls.append(sample(0 * input + rng.normal(size=input.shape), input, weight, input.mean(axis=axes), rstd, eps))
    return calls


def gradients(
    upstream: np.ndarray, input: np.ndarray, scale: Any, axes: tuple[int, ...], others: tuple[int, ...], eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients through the Jacobian of normalising, written out for each group."""
    normal = normalised(input, axes, eps)
    first = upstream if scale is None else upstream * scale
    moved = [np.moveaxis(each, axes, range(-len(axes), 0)) for each in (first, normal, input)]
    groups, rest = moved[0].shape[: input.ndim - len(axes)], moved[0].shape[input.ndim - len(axes) :]
    g, x, raw = (each.reshape(-1, int(np.prod(rest))) for each in moved)
    through = np.empty_like(g)
    for group, (slope, value, line) in enumerate(zip(g, x, raw, strict=True)):
        count = line.size
        jacobian = (np.eye(count) - 1 / count - np.outer(value, value) / count) / np.sqrt(line.var() + eps)
        through[group] = jacobian @ slope
    through = np.moveaxis(through.reshape(*groups, *rest), range(-len(axes), 0), axes)
    return through, (upstream * normal).sum(axis=others), upstream.sum(axis=others)


def batch_gradients(
    upstream: np.ndarray, input: np.ndarray, weight: Any, mean: np.ndarray, rstd: np.ndarray, eps: float
) -> Any:
    axes, shape = (0, *range(2, input.ndim)), (1, -1) + (1,) * (input.ndim - 2)
    return gradients(upstream, input, None if weight is None else weight.reshape(shape), axes, axes, eps)


def layers(rng: np.random.Generator) -> list[Sample]:
    weight, bias = rng.normal(size=(2, 3, 4))
    return [
        sample(rng.normal(size=(5, 4)), (4,), weight[0], bias[0], EPS),
        sample(rng.normal(size=(2, 3, 4)), (4,), weight[0], None, EPS),
        sample(rng.normal(size=(2, 3, 4)), (3, 4), weight, bias, EPS),
        sample(rng.normal(size=(2, 3, 4)), (3, 4), None, bias, 0.1),
        sample(rng.normal(size=(3, 4)), (3, 4)),
        sample(rng.normal(size=(0, 4)), (4,), weight[0], bias[0]),
        sample(rng.normal(size=(4, 5)).T, (4,), weight[0], bias[0]),
    ]


def layer_norm(
    input: np.ndarray, shape: tuple[int, ...], weight: Any = None, bias: Any = None, eps: float = EPS
) -> Any:
    axes = tuple(range(-len(shape), 0))
    return normalised(input, axes, eps) * (1 if weight is None else weight) + (0 if bias is None else bias)


def layer_backwards(rng: np.random.Generator, forwards: Samples = layers) -> list[Sample]:
    calls = []
    for input, shape, *rest in (call.args for call in forwards(rng) if call.args[0].size):
        weight = rest[0] if rest else None
        axes = tuple(range(-len(shape), 0))
        rstd = 1 / np.sqrt(input.var(axis=axes, keepdims=True) + EPS)
        mean = input.mean(axis=axes, keepdims=True)
        calls.append(sample(rng.normal(size=input.shape), input, shape, weight, mean, rstd, EPS))
    return calls


def layer_gradients(
    upstream: np.ndarray, input: np.ndarray, shape: tuple[int, ...], weight: Any, mean: Any, rstd: Any, eps: float
) -> Any:
    first = input.ndim - len(shape)
    return gradients(upstream, input, weight, tuple(range(first, input.ndim)), tuple(range(first)), eps)


def groups(rng: np.random.Generator) -> list[Sample]:
    weight, bias = rng.normal(size=(2, 6))
    return [
        sample(rng.normal(size=(3, 6)), 2, weight, bias),
        sample(2 + rng.normal(size=(2, 6, 4)), 3, weight, None, 0.1),
        sample(rng.normal(size=(2, 6, 2, 3)), 1, None, bias),
        sample(rng.normal(size=(3, 6, 2)), 6, None, None),
        sample(rng.normal(size=(4, 2, 6)).transpose(1, 2, 0), 2, weight, bias),
        sample(rng.normal(size=(0, 6, 2)), 2, weight, bias),
    ]


def in_groups(array: np.ndarray, count: int) -> np.ndarray:
    return array.reshape(array.shape[0], count, array.shape[1] // count, -1) if array.size else array[..., None]


def group_norm(input: np.ndarray, count: int, weight: Any = None, bias: Any = None, eps: float = EPS) -> np.ndarray:
    channels = (1, -1) + (1,) * (input.ndim - 2)
    normal = normalised(in_groups(input, count), (2, 3), eps).reshape(input.shape)
    scale, shift = (
        np.reshape(fallback if each is None else each, channels) for each, fallback in ((weight, 1), (bias, 0))
    )
    return normal * scale + shift


def group_backwards(rng: np.random.Generator, forwards: Samples = groups) -> list[Sample]:
    calls = []
    for input, count, weight, *_ in (call.args for call in forwards(rng) if call.args[0].size):
        grouped = in_groups(input, count)
        mean, var = grouped.mean(axis=(2, 3), keepdims=True), grouped.var(axis=(2, 3), keepdims=True)
        upstream = rng.normal(size=input.shape)
        calls.append(sample(upstream, input, count, weight, mean, 1 / np.sqrt(var + EPS), EPS))
    return calls


def group_gradients(
    upstream: np.ndarray, input: np.ndarray, count: int, weight: Any, mean: Any, rstd: Any, eps: float
) -> tuple[np.ndarray, ...]:
    scale = None if weight is None else weight.reshape(1, count, -1, 1)
    through, *others = gradients(in_groups(upstream, count), in_groups(input, count), scale, (2, 3), (0, 3), eps)
    return through.reshape(input.shape), *(each.reshape(-1) for each in others)


def roots(rng: np.random.Generator) -> list[Sample]:
    return [sample(*call.args[:3], *call.args[4:]) for call in layers(rng)]


def rms(input: np.ndarray, shape: tuple[int, ...], eps: float | None) -> np.ndarray:
    axes = tuple(range(-len(shape), 0))
    smallest = np.finfo(float).eps if eps is None else eps
    return 1 / np.sqrt((input**2).mean(axis=axes, keepdims=True) + smallest)


def rms_norm(input: np.ndarray, shape: tuple[int, ...], weight: Any = None, eps: float | None = None) -> np.ndarray:
    return input * rms(input, shape, eps) * (1 if weight is None else weight)


def rms_backwards(rng: np.random.Generator, forwards: Samples = layers) -> list[Sample]:
    return [
        sample(rng.normal(size=input.shape), input, shape, rest[0] if rest else None, rms(input, shape, EPS), EPS)
        for input, shape, *rest in (call.args for call in forwards(rng) if call.args[0].size)
    ]


def large_roots(rng: np.random.Generator) -> list[Sample]:
    return [
        sample(*call.args[:2], None, EPS) if len(call.args) < 3 else sample(*call.args[:3], EPS)
        for call in large_layers(rng)
    ]


def rms_gradients(
    upstream: np.ndarray, input: np.ndarray, shape: tuple[int, ...], weight: Any, rrms: Any, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """The Jacobian of x / √(mean(x²) + eps) is (I - x̂x̂ᵀ / n) / √(mean(x²) + eps)."""
    count = int(np.prod(shape))
    slope = (upstream if weight is None else upstream * weight).reshape(-1, count)
    normal, factor = (input * rrms).reshape(-1, count), rrms.reshape(-1)
    through = np.array(
        [(np.eye(count) - np.outer(x, x) / count) @ g * r for g, x, r in zip(slope, normal, factor, strict=True)]
    )
    weight_gradient = (upstream * input * rrms).reshape(-1, *shape).sum(axis=0)
    return through.reshape(input.shape), weight_gradient


def channels_last(array: np.ndarray) -> np.ndarray:
    """The same array with the channels of each place side by side in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(array, 1, -1)), -1, 1)


def affines(rng: np.random.Generator) -> list[Sample]:
    mean, scale, shift = rng.normal(size=(3, 3))
    return [
        sample(rng.normal(size=(5, 3)), mean, scale, shift),
        sample(rng.normal(size=(2, 3, 4)), mean, scale, None),
        sample(rng.normal(size=(2, 3, 4, 2)), None, scale, shift),
        sample(rng.normal(size=(0, 3, 4)), None, scale, None),
    ]


def channel_affine(input: np.ndarray, mean: Any, scale: np.ndarray, shift: Any) -> np.ndarray:
    shape = (1, -1) + (1,) * (input.ndim - 2)
    center, start = (np.zeros_like(scale) if each is None else each for each in (mean, shift))
    return (input - center.reshape(shape)) * scale.reshape(shape) + start.reshape(shape)


def large_batches(rng: np.random.Generator) -> list[Sample]:
    """Around the sizes at which kernels cut their work, in each of the layouts that they know."""
    weight, bias = rng.normal(size=(2, 17))
    tall = 2 + rng.normal(size=(130, 17, 4, 5))
    return [
        sample(tall, weight, bias, EPS),
        sample(channels_last(tall), weight, bias, EPS),
        sample(rng.normal(size=(3, 17, 9000)), None, bias, EPS),
        sample(rng.normal(size=(2100, 17)), weight, None, EPS),
        sample(rng.normal(size=(65, 17, 1, 1)), None, None, EPS),
    ]


def large_affines(rng: np.random.Generator) -> list[Sample]:
    return [sample(call.args[0], rng.normal(size=17), rng.normal(size=17), call.args[2]) for call in large_batches(rng)]


def large_layers(rng: np.random.Generator) -> list[Sample]:
    weight, bias = rng.normal(size=(2, 12, 11))
    return [
        sample(2 + rng.normal(size=(5, 61, 12, 11)), (12, 11), weight, bias, EPS),
        sample(rng.normal(size=(301, 12, 11)), (11,), weight[0], None, 0.1),
        sample(rng.normal(size=(2, 17000)), (17000,)),
        sample(rng.normal(size=(7, 11)), (11,), None, bias[0]),
        sample(rng.normal(size=(40, 1)), (1,)),
    ]


def large_groups(rng: np.random.Generator) -> list[Sample]:
    weight, bias = rng.normal(size=(2, 6))
    return [
        sample(2 + rng.normal(size=(41, 6, 11, 13)), 2, weight, bias),
        sample(rng.normal(size=(2, 6, 9001)), 3, weight, None, 0.1),
        sample(rng.normal(size=(5, 6, 17)), 6, None, bias),
    ]


row(batch_normalisation.batch_norm_training, batch_norm, batches, large=large_batches)
row(
    batch_normalisation.batch_norm_backward,
    batch_gradients,
    batch_backwards,
    gradient=False,
    large=lambda rng: batch_backwards(rng, large_batches),
)
row(batch_normalisation.channel_affine, channel_affine, affines, large=large_affines)
row(layer_normalisation.layer_norm, layer_norm, layers, torch="nn.functional.layer_norm", large=large_layers)
row(
    layer_normalisation.layer_norm_backward,
    layer_gradients,
    layer_backwards,
    gradient=False,
    large=lambda rng: layer_backwards(rng, large_layers),
)
# Not beside PyTorch, whose backward fails for a bias without a weight.
row(group_normalisation.group_norm, group_norm, groups, large=large_groups)
row(
    group_normalisation.group_norm_backward,
    group_gradients,
    group_backwards,
    gradient=False,
    large=lambda rng: group_backwards(rng, large_groups),
)
# PyTorch has another default eps in float32.
row(root_mean_square.rms_norm, rms_norm, roots, dtypes=("float64",), torch="nn.functional.rms_norm")
row(root_mean_square.rms_norm, rms_norm, large_roots, gradient=False, large=large_roots, label="large")
row(
    root_mean_square.rms_norm_backward,
    rms_gradients,
    rms_backwards,
    gradient=False,
    large=lambda rng: rms_backwards(rng, large_layers),
)
