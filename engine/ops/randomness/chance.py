"""Chance: random numbers that are a function of a draw and the element's number alone."""

from __future__ import annotations

import math
from typing import Any

from engine.autograd.draw import Draw
from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, same
from engine.backend import philox
from engine.backend.dtype import dtype, int64
from engine.backend.namespace import on_host, xp
from engine.backend.special import special
from engine.kernels.cpu import chance as kernels
from engine.ops.indices.indexing import spec_of

Shape = tuple[int, ...]


@op(shape=lambda input, size, dtype, draw: Spec(size, dtype), types="keep", differentiable=False)
def new_uniform(input: Array, size: Shape, dtype: dtype, draw: Draw) -> Any:
    """Numbers uniform in [0, 1) on the input's device (what torch.rand makes)."""
    return philox.uniform(xp(input), draw.seed, draw.offset, size, dtype.name)


new_uniform.fast(cpu=kernels.new_uniform)


@op(shape=lambda input, size, dtype, draw: Spec(size, dtype), types="keep", differentiable=False)
def new_normal(input: Array, size: Shape, dtype: dtype, draw: Draw) -> Any:
    """Standard normal numbers on the input's device (what torch.randn makes)."""
    return philox.normal(xp(input), draw.seed, draw.offset, size, dtype.name)


new_normal.fast(cpu=kernels.new_normal)


@op(shape=lambda input, low, high, size, dtype, draw: Spec(size, dtype), types="keep", differentiable=False)
def new_integers(input: Array, low: int, high: int, size: Shape, dtype: dtype, draw: Draw) -> Any:
    """Whole numbers uniform in [low, high) on the input's device (what torch.randint makes)."""
    return philox.integers(xp(input), draw.seed, draw.offset, size, low, high).astype(dtype.numpy)


@op(shape=lambda input, n, dtype, draw: Spec((n,), dtype), types="keep", differentiable=False)
def new_permutation(input: Array, n: int, dtype: dtype, draw: Draw) -> Any:
    """The numbers 0 to n - 1 in random order on the input's device (what torch.randperm makes)."""
    return philox.permutation(xp(input), draw.seed, draw.offset, n).astype(dtype.numpy)


@op(shape=lambda input, low, high, draw: input, types="keep")
def uniform(input: Array, low: float, high: float, draw: Draw) -> Any:
    """Numbers uniform in [low, high) in the shape and type of the input (torch.Tensor.uniform_)."""
    numbers = philox.uniform(xp(input), draw.seed, draw.offset, input.shape, input.dtype)
    return numbers if (low, high) == (0, 1) else numbers * (high - low) + low


@op(shape=lambda input, mean, std, draw: input, types="keep")
def normal(input: Array, mean: float, std: float, draw: Draw) -> Any:
    """Normal numbers in the shape and type of the input (torch.Tensor.normal_)."""
    numbers = philox.normal(xp(input), draw.seed, draw.offset, input.shape, input.dtype)
    return numbers if (mean, std) == (0, 1) else numbers * std + mean


@op(shape=lambda input, lambd, draw: input, types="keep")
def exponential(input: Array, lambd: float, draw: Draw) -> Any:
    """Numbers of density lambd exp(-lambd x) in the shape and type of the input (torch.Tensor.exponential_)."""
    space = xp(input)
    numbers = philox.uniform(space, draw.seed, draw.offset, input.shape, input.dtype)
    return -space.log1p(-numbers) / lambd


@op(shape=lambda input, mean, std, draw: input, types="keep")
def log_normal(input: Array, mean: float, std: float, draw: Draw) -> Any:
    """Numbers whose logarithms are normal, in the shape and type of the input (torch.Tensor.log_normal_)."""
    numbers = philox.normal(xp(input), draw.seed, draw.offset, input.shape, input.dtype)
    return xp(input).exp(numbers * std + mean)


@op(shape=lambda input, median, sigma, draw: input, types="keep")
def cauchy(input: Array, median: float, sigma: float, draw: Draw) -> Any:
    """Numbers of Cauchy's distribution in the shape and type of the input (torch.Tensor.cauchy_)."""
    space = xp(input)
    numbers = philox.uniform(space, draw.seed, draw.offset, input.shape, input.dtype)
    return space.tan((numbers - 0.5) * math.pi) * sigma + median


@op(shape=lambda input, p, draw: input, types="keep")
def geometric(input: Array, p: float, draw: Draw) -> Any:
    """How many trials of chance p it takes to succeed, in the shape and type of the input (torch.Tensor.geometric_)."""
    space = xp(input)
    numbers = philox.uniform(space, draw.seed, draw.offset, input.shape, "float64")
    trials = space.ceil(space.log1p(-numbers) / math.log1p(-p))
    return space.maximum(trials, 1.0).astype(input.dtype)


@op(shape=same, types="keep")
def poisson(input: Array, draw: Draw) -> Any:
    """Counts of Poisson's distribution, whose rates the input holds (torch.poisson).

    The smallest count whose cumulative probability, a regularised incomplete gamma function, exceeds a uniform number;
    found by bisection.
    """
    space, rates = xp(input), input.astype("float64")
    if on_host(input) and bool((rates < 0).any()):
        raise RuntimeError(f"invalid Poisson rate, expected rate to be non-negative, got {float(rates.min())}")
    numbers = philox.uniform(space, draw.seed, draw.offset, input.shape, "float64")
    below, above = space.full(rates.shape, -1.0), space.ceil(rates + 12 * space.sqrt(rates) + 40)
    # A GPU isn't asked for the highest rate: nobody waits for it.
    widest = float(above.max(initial=1)) if on_host(input) else 2.0**48
    for _ in range(int(math.log2(widest + 1)) + 2):
        middle = space.floor((below + above) / 2)
        reached = special(input).gammaincc(middle + 1, rates) > numbers
        above, below = space.where(reached, middle, above), space.where(reached, below, middle)
    return above.astype(input.dtype)


@op(shape=lambda input, low, high, draw: input, types="keep")
def integers(input: Array, low: int, high: int, draw: Draw) -> Any:
    """Whole numbers uniform in [low, high) in the shape and type of the input (torch.Tensor.random_)."""
    return philox.integers(xp(input), draw.seed, draw.offset, input.shape, low, high).astype(input.dtype)


@op(shape=same, types="keep")
def bernoulli(input: Array, draw: Draw) -> Any:
    """1 with the probability that the input's element gives, else 0 (torch.bernoulli)."""
    if on_host(input) and not bool(((input >= 0) & (input <= 1)).all()):
        raise RuntimeError("bernoulli expects probabilities p_in >= 0 && p_in <= 1, the input holds others")
    numbers = philox.uniform(xp(input), draw.seed, draw.offset, input.shape, "float64")
    return (numbers < input).astype(input.dtype)


for _each in (uniform, normal, exponential, log_normal, cauchy, geometric, poisson, integers, bernoulli):
    _each.gradient(input=lambda g: g.new_zeros(g.shape))
uniform.fast(cpu=kernels.uniform)
normal.fast(cpu=kernels.normal)


def _multinomial_shape(input: Spec, num_samples: int, replacement: bool, draw: Draw) -> Spec:
    if not input.dtype.is_floating_point:
        raise RuntimeError(f"multinomial only supports floating-point dtypes for input, got: {input.dtype}")
    if not 1 <= input.ndim <= 2:
        raise RuntimeError(f"prob_dist must be 1 or 2 dim, got {input.ndim} dimensions")
    if input.shape[-1] > 2**24:
        raise RuntimeError(f"number of categories cannot exceed 2^24, got {input.shape[-1]}")
    if num_samples <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples, got {num_samples}")
    if not replacement and num_samples > input.shape[-1]:
        raise RuntimeError(
            f"cannot sample n_sample > prob_dist.size(-1) samples without replacement: {num_samples} of "
            f"{input.shape[-1]}"
        )
    return Spec((*input.shape[:-1], num_samples), int64)


@op(shape=_multinomial_shape, types="keep", differentiable=False)
def multinomial(input: Array, num_samples: int, replacement: bool, draw: Draw) -> Any:
    """Positions drawn by the weights in each row of the input (torch.multinomial).

    Without replacement they are the smallest of exponential arrival times, whose rates are the weights.
    """
    _multinomial_shape(spec_of(input), num_samples, replacement, draw)
    space = xp(input)
    weights = input.astype("float64")
    if not bool((space.isfinite(weights) & (weights >= 0)).all()):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if not bool((weights.sum(-1) > 0).all()):
        raise RuntimeError(
            f"invalid multinomial distribution (sum of probabilities <= 0): weights of shape {list(input.shape)}"
        )
    if replacement:
        numbers = philox.uniform(space, draw.seed, draw.offset, (*weights.shape[:-1], num_samples), "float64")
        bounds = weights.cumsum(-1)
        return (numbers[..., None] * bounds[..., None, -1:] >= bounds[..., None, :]).sum(-1)
    if bool(((weights > 0).sum(-1) < num_samples).any()):
        raise RuntimeError(
            "invalid multinomial distribution (with replacement=False, not enough non-negative category to sample): "
            f"{num_samples} of weights of shape {list(input.shape)}"
        )
    numbers = philox.uniform(space, draw.seed, draw.offset, weights.shape, "float64")
    arrivals = space.where(weights > 0, -space.log1p(-numbers) / space.where(weights > 0, weights, 1.0), space.inf)
    return space.argsort(arrivals, axis=-1, kind="stable")[..., :num_samples]
