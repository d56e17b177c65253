"""Random tensors under PyTorch's names, and the default generator that they draw from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.autograd.output import with_out
from engine.backend.dtype import as_dtype, dtype, get_default_dtype, int64
from engine.ops.dimensions import new_shape, sizes
from engine.ops.randomness import chance
from engine.tensors import Tensor
from engine.tensors.generator import Generator, default_generator
from engine.tensors.making import target_device, template
from engine.tensors.options import dense, ready, sized


def manual_seed(seed: int) -> Generator:
    """Start the default generator anew from a seed (torch.manual_seed)."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator anew from a seed of the operating system, and return it (torch.seed)."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator started from (torch.initial_seed)."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The default generator's state (torch.get_rng_state)."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Go on from a state of the default generator (torch.set_rng_state)."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, *, device_type: str = "cuda") -> Iterator[None]:
    """Draws inside leave the default generator where it stood; all devices share it (torch.random.fork_rng)."""
    before = default_generator.get_state() if enabled else None
    try:
        yield
    finally:
        if before is not None:
            default_generator.set_state(before)


@dense
@sized
def rand(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Numbers uniform in [0, 1) (torch.rand)."""
    kind = _floating(dtype)
    return ready(chance.new_uniform(_beside(device), new_shape(size), kind, _draw(generator)), requires_grad)


@dense
@sized
def randn(
    *size: Any, generator: Generator | None = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Standard normal numbers (torch.randn)."""
    kind = _floating(dtype)
    return ready(chance.new_normal(_beside(device), new_shape(size), kind, _draw(generator)), requires_grad)


@dense
def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers uniform in [low, high), or in [0, high) as randint(high, size) (torch.randint)."""
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if not low < high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    made = chance.new_integers(_beside(device), low, high, new_shape((tuple(size),)), as_dtype(dtype), _draw(generator))
    return ready(made, requires_grad)


@dense
def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = int64, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The numbers 0 to n - 1 in random order (torch.randperm)."""
    (count,) = new_shape((n,))
    return ready(chance.new_permutation(_beside(device), count, as_dtype(dtype), _draw(generator)), requires_grad)


@dense
def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """Normal numbers with a mean and a standard deviation, each a number or a tensor (torch.normal)."""
    if not isinstance(std, Tensor) and not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    if isinstance(std, Tensor) and std.numel() and not bool((std >= 0).all()):
        raise RuntimeError(f"normal expects all elements of std >= 0.0, the smallest is {std.min().item()}")
    tensors = [each for each in (mean, std) if isinstance(each, Tensor)]
    if not tensors:
        if size is None:
            raise TypeError("normal() needs a size where mean and std are numbers")
        return randn(*sizes((tuple(size),)), generator=generator, dtype=dtype, device=device) * std + mean
    shape = (tensors[0] if len(tensors) == 1 else tensors[0] + tensors[1]).shape
    drawn = randn(*shape, generator=generator, dtype=tensors[0].dtype, device=tensors[0].device)
    return drawn * std + mean


@with_out
def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """Ones with the probabilities that the input holds, or all with p, else zeros (torch.bernoulli)."""
    return input.bernoulli(p, generator=generator)


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts of Poisson's distribution, whose rates the input holds (torch.poisson)."""
    if not input.is_floating_point():
        raise NotImplementedError(f'"poisson" not implemented for {input.dtype}; its rates are floating-point numbers')
    return chance.poisson(input, _draw(generator))


@with_out
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Positions drawn by the weights in each row of the input (torch.multinomial)."""
    return input.multinomial(num_samples, replacement, generator=generator)


@dense
def rand_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform numbers in the shape, and by default the dtype and device, of the input (torch.rand_like)."""
    return rand(*input.shape, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad)


@dense
def randn_like(input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Normal numbers in the shape, and by default the dtype and device, of the input (torch.randn_like)."""
    return randn(*input.shape, dtype=dtype or input.dtype, device=device or input.device, requires_grad=requires_grad)


@dense
def randint_like(input: Tensor, low: int, high: int | None = None, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Whole numbers in the shape, and by default the dtype and device, of the input (torch.randint_like)."""
    bounds = (0, low) if high is None else (low, high)
    return randint(*bounds, input.shape, dtype=dtype or input.dtype, device=device or input.device)


def _beside(device: Any) -> Any:
    return template(Tensor, target_device(device))


def _draw(generator: Generator | None) -> Any:
    return (generator or default_generator).draw()


def _floating(given: Any) -> dtype:
    kind = get_default_dtype() if given is None else as_dtype(given)
    if not kind.is_floating_point:
        raise NotImplementedError(f"uniform and normal numbers have a floating type, not {kind}")
    return kind
