"""Products of tensors over chosen dimensions."""

from __future__ import annotations

import math
from typing import Any

from engine.ops.dimensions import wrap_dim
from engine.ops.layouts.joining import cat
from engine.ops.layouts.layout import permute, reshape
from engine.ops.layouts.rearranging import roll
from engine.ops.linear_algebra.matmul import dot, matmul


def vdot(input: Any, other: Any) -> Any:
    """The inner product of two vectors, the first one conjugated; RuntimeError for other ranks (torch.vdot)."""
    return dot(input.conj() if input.dtype.is_complex else input, other)


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Σ x y along `dim`, x conjugated; x and y broadcast (torch.linalg.vecdot)."""
    if not (x.dtype.is_floating_point or x.dtype.is_complex):
        raise RuntimeError(f"linalg.vecdot: Expected a floating point or complex tensor as input. Got {x.dtype}")
    return ((x.conj() if x.dtype.is_complex else x) * y).sum(dim)


def inner(input: Any, other: Any) -> Any:
    """Sums of products over the last dimensions of both; plain products with a single number (torch.inner)."""
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """Sums of products over the last `dims` dimensions of a and the first of b, or over two lists (torch.tensordot)."""
    first, second = _contracted(a, b, dims)
    for here, there in zip(first, second, strict=True):
        if a.shape[here] != b.shape[there] and 1 not in (a.shape[here], b.shape[there]):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[here]} in dim {here} and second has "
                f"size {b.shape[there]} in dim {there}: shapes {list(a.shape)} and {list(b.shape)}"
            )
    # A length of 1 broadcasts: the other side is summed alone.
    alone_first = tuple(here for here, there in zip(first, second, strict=True) if b.shape[there] == 1)
    alone_second = tuple(there for here, there in zip(first, second, strict=True) if a.shape[here] == 1)
    a = a.sum(alone_first, True) if alone_first else a
    b = b.sum(alone_second, True) if alone_second else b
    rows = tuple(place for place in range(a.ndim) if place not in first)
    columns = tuple(place for place in range(b.ndim) if place not in second)
    row_shape, column_shape = (tuple(x.shape[place] for place in kept) for x, kept in ((a, rows), (b, columns)))
    length = math.prod(a.shape[place] for place in first)
    left = reshape(permute(a, rows + first), (math.prod(row_shape), length))
    right = reshape(permute(b, second + columns), (length, math.prod(column_shape)))
    return reshape(matmul(left, right), row_shape + column_shape)


def _contracted(a: Any, b: Any, dims: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if hasattr(dims, "tolist"):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(
                f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}: shapes {list(a.shape)} and "
                f"{list(b.shape)}"
            )
        return tuple(range(a.ndim - dims, a.ndim)), tuple(range(dims))
    given = [(each,) if isinstance(each, int) else tuple(each) for each in dims]
    if len(given) != 2 or len(given[0]) != len(given[1]):
        raise RuntimeError(f"both dimension lists should have same length, got {dims}")
    first, second = given
    return tuple(wrap_dim(each, a.ndim) for each in first), tuple(wrap_dim(each, b.ndim) for each in second)


def kron(input: Any, other: Any) -> Any:
    """The Kronecker product: each element of the input times the whole of `other` (torch.kron)."""
    rank = max(input.ndim, other.ndim)
    outside = (1,) * (rank - input.ndim) + tuple(input.shape)
    inside = (1,) * (rank - other.ndim) + tuple(other.shape)
    first = reshape(input, tuple(each for length in outside for each in (length, 1)))
    second = reshape(other, tuple(each for length in inside for each in (1, length)))
    shape = tuple(here * there for here, there in zip(outside, inside, strict=True))
    return reshape(first * second, shape)


def _cross(input: Any, other: Any, dim: int) -> Any:
    """The vector product: roll(a, -1) roll(b, -2) - roll(a, -2) roll(b, -1) along `dim`."""
    return roll(input, -1, dim) * roll(other, -2, dim) - roll(input, -2, dim) * roll(other, -1, dim)


def linalg_cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """The vector product along a dimension of length 3; other dimensions broadcast (torch.linalg.cross)."""
    if input.ndim != other.ndim:
        raise RuntimeError(
            f"linalg.cross: inputs must have the same number of dimensions: shapes {list(input.shape)} and "
            f"{list(other.shape)}"
        )
    place = wrap_dim(dim, input.ndim)
    if not input.ndim or input.shape[place] != 3 or other.shape[place] != 3:
        lengths = " and ".join(str(each.shape[place] if each.ndim else 1) for each in (input, other))
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {lengths}: shapes {list(input.shape)} and "
            f"{list(other.shape)}"
        )
    return _cross(input, other, place)


def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """The vector product along `dim`, by default along the first dimension of length 3 (torch.cross)."""
    if dim is None:
        threes = [place for place, length in enumerate(input.shape) if length == 3]
        if not threes:
            raise RuntimeError(f"no dimension of size 3 in input: shape {list(input.shape)}")
        dim = threes[0]
    return linalg_cross(input, other, dim=dim)


def vander(x: Any, N: int | None = None) -> Any:
    """The powers 0 to N - 1 of each element in a new last dimension; N is the last length (torch.linalg.vander)."""
    if not x.ndim and N is None:
        raise RuntimeError("linalg.vander: x must be a tensor with at least one dimension, but its shape is []")
    count = x.shape[-1] if N is None else N
    if count < 2:
        raise RuntimeError(f"linalg.vander: N must be greater than 1, got {count}")
    bases = x.unsqueeze(-1) if x.ndim else x.reshape((1, 1))
    powers = bases.expand(*bases.shape[:-1], count - 1).cumprod(-1)
    return cat([powers.new_ones(bases.shape), powers], -1)


def reversed_vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    """The powers of a vector's elements, the highest first unless `increasing` (torch.vander)."""
    if x.ndim != 1:
        raise RuntimeError(f"x must be a one-dimensional tensor, but its shape is {list(x.shape)}")
    count = x.shape[0] if N is None else N
    if count < 0:
        raise RuntimeError(f"N must be non-negative, got {count}")
    if count < 2:
        return x.new_ones((x.shape[0], count))
    powers = vander(x, count)
    return powers if increasing else powers.flip(-1)


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """y_k = input1ᵀ weight_k input2 + bias_k over the last dimensions; the weight is [out, in1, in2] (bilinear)."""
    if input1.ndim != input2.ndim or input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            f"bilinear(): input batch dimensions do not match: shapes {list(input1.shape)} and {list(input2.shape)}"
        )
    for number, (each, length) in enumerate(zip((input1, input2), weight.shape[1:], strict=True), 1):
        if each.shape[-1] != length:
            raise RuntimeError(
                f"bilinear(): input{number} size does not match weight size: got {each.shape[-1]} but expected "
                f"{length}: shapes {list(each.shape)} and {list(weight.shape)}"
            )
    if bias is not None and bias.shape[0] != weight.shape[0]:
        raise RuntimeError(
            f"bilinear(): bias size does not match weight size: got {bias.shape[0]} but expected {weight.shape[0]}"
        )
    result = matmul(tensordot(input1, weight, ([-1], [1])), input2.unsqueeze(-1)).squeeze(-1)
    return result if bias is None else result + bias
