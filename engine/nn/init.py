"""How weights start: in-place fills, PyTorch's fans, gains and distributions (torch.nn.init)."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

from engine.autograd.modes import no_grad
from engine.backend.dtype import float32, promote_types
from engine.ops.linear_algebra.orthogonal import qr
from engine.tensors import Tensor

_GAINS = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4} | {
    f"conv{transposed}{dims}d": 1.0 for transposed in ("", "_transpose") for dims in (1, 2, 3)
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that keeps the variance through a nonlinearity; `param` is leaky_relu's slope (0.01 by default).

    Raises ValueError for a nonlinearity that has none.
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}; allowed are {', '.join([*_GAINS, 'leaky_relu'])}")
    return _GAINS[nonlinearity]


def calculate_fans(tensor: Tensor) -> tuple[int, int]:
    """Inputs and outputs of one unit: weight is [out, in, *kernel]; raises ValueError for fewer than 2 dimensions."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


# Under this name programs copy the initialisation of PyTorch's layers.
_calculate_fan_in_and_fan_out = calculate_fans


def _chosen_fan(tensor: Tensor, mode: str) -> int:
    modes = ("fan_in", "fan_out")
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {list(modes)}")
    return calculate_fans(tensor)[modes.index(mode.lower())]


@no_grad()
def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    """Fill with U(a, b)."""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Any:
    """Fill with N(mean, std²)."""
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Any:
    """Fill with N(mean, std²) cut to [a, b], by the inverse of the distribution function."""
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )
    low, high = (math.erf((bound - mean) / (std * math.sqrt(2))) for bound in (a, b))
    tensor.uniform_(low, high, generator=generator)
    return tensor.erfinv_().mul_(std * math.sqrt(2)).add_(mean).clamp_(a, b)


@no_grad()
def constant_(tensor: Any, val: float) -> Any:
    """Fill with one value."""
    return tensor.fill_(val)


def ones_(tensor: Any) -> Any:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


@no_grad()
def eye_(tensor: Any) -> Any:
    """Fill a matrix with ones on its diagonal, zeros elsewhere; raises ValueError for other ranks."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    tensor.zero_().diagonal().fill_(1)
    return tensor


@no_grad()
def dirac_(tensor: Any, groups: int = 1) -> Any:
    """Fill the weight of a convolution so that it passes on as many channels as it can, unchanged.

    Each of `groups` of outputs gets the first inputs; raises ValueError for what is no weight of a convolution.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"Only tensors with 3, 4, or 5 dimensions are supported, got shape {list(tensor.shape)}")
    if tensor.shape[0] % groups:
        raise ValueError(f"dim 0 must be divisible by groups, got {tensor.shape[0]} and {groups}")
    outputs = tensor.shape[0] // groups
    middle = tuple(length // 2 for length in tensor.shape[2:])
    tensor.zero_()
    for group in range(groups):
        for channel in range(min(outputs, tensor.shape[1])):
            tensor[(group * outputs + channel, channel, *middle)] = 1
    return tensor


@no_grad()
def sparse_(tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None) -> Any:
    """Fill a matrix with N(0, std²) and each column with a share `sparsity` of zeros, rounded up, at random rows.

    Raises ValueError for other ranks. Martens, "Deep learning via Hessian-free optimization", 2010.
    """
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, got shape {list(tensor.shape)}")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=generator)
    ranks = tensor.new_empty((rows, columns)).uniform_(generator=generator).argsort(0).argsort(0)
    return tensor.masked_fill_(ranks < zeros, 0)


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Fill with U(-a, a), a = gain √(6 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""
    bound = gain * math.sqrt(6 / sum(calculate_fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    """Fill with N(0, std²), std = gain √(2 / (fan_in + fan_out)) (Glorot and Bengio 2010)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(calculate_fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Fill with U(-bound, bound), bound = gain √(3 / fan); `a` is leaky_relu's slope (He et al. 2015)."""
    if 0 in tensor.shape:
        return _nothing_to_fill(tensor)
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / _chosen_fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Any:
    """Fill with N(0, std²), std = gain / √fan; `a` is leaky_relu's slope (He et al. 2015)."""
    if 0 in tensor.shape:
        return _nothing_to_fill(tensor)
    std = calculate_gain(nonlinearity, a) / math.sqrt(_chosen_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


@no_grad()
def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    """Fill with a random matrix of orthogonal rows or columns of length `gain`; later dimensions count as one.

    Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    drawn = tensor.new_empty(max(rows, columns), min(rows, columns)).normal_(0, 1, generator=generator)
    basis = _orthonormal_columns(drawn)
    return tensor.copy_((basis if rows >= columns else basis.T).reshape(tensor.shape)).mul_(gain)


def _orthonormal_columns(matrix: Any) -> Any:
    """Q of the matrix's QR with R's diagonal made positive, so that it is uniform over orthogonal matrices."""
    basis, triangle = qr(matrix.to(promote_types(matrix.dtype, float32)))
    return basis * triangle.diagonal().sign()


def _nothing_to_fill(tensor: Any) -> Any:
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return tensor


def _deprecated(fill: Callable[..., Any]) -> Callable[..., Any]:
    """The fill under its old name, without the underscore, which warns."""
    name = fill.__name__.removesuffix("_")

    @functools.wraps(fill)
    def old(*args: Any, **keywords: Any) -> Any:
        message = f"`nn.init.{name}` is now deprecated in favor of `nn.init.{fill.__name__}`."
        warnings.warn(message, FutureWarning, stacklevel=2)
        return fill(*args, **keywords)

    return old


uniform, normal, orthogonal = _deprecated(uniform_), _deprecated(normal_), _deprecated(orthogonal_)
constant, eye, dirac, sparse = _deprecated(constant_), _deprecated(eye_), _deprecated(dirac_), _deprecated(sparse_)
xavier_uniform, xavier_normal = _deprecated(xavier_uniform_), _deprecated(xavier_normal_)
kaiming_uniform, kaiming_normal = _deprecated(kaiming_uniform_), _deprecated(kaiming_normal_)
