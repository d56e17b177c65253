"""Matrix products of vectors, matrices and batches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.autograd.op import op
from engine.autograd.signature import Array
from engine.autograd.spec import Spec, broadcast_shapes
from engine.backend.dtype import dtype
from engine.backend.namespace import xp
from engine.backend.threads import configure
from engine.kernels.cpu import matmul as fast
from engine.ops.indices.indexing import spec_of
from engine.ops.precision import narrowed, widened
from engine.ops.refusals import refuse_bool

Shape = tuple[int, ...]

# Below so many elements NumPy adds a bias as fast, and nothing need be compiled.
LEAST_TO_ADD = 1 << 12

# OpenBLAS shares a product of more than so many multiplications among its threads (interface/gemm.c, 4 times 65,536).
# Waking one takes longer than up to so many parts alone.
SHARED = 1 << 18
MOST_PARTS = 8
LEAST_ROWS = 8


def _refuse_mixed(name: str, compute: dtype | None, first: dtype, second: dtype, bias: dtype | None = None) -> None:
    """Raise RuntimeError for factors of two types: PyTorch promotes none of them."""
    if first is not second:
        raise RuntimeError(
            f"{name}: expected m1 and m2 to have the same dtype, but got: {first} != {second}; convert one"
        )
    if bias not in (None, first):
        raise RuntimeError(
            f"{name}: bias must have the dtype of the input, {first}, but got: {bias}; convert it with .to(dtype)"
        )
    refuse_bool(name, first)


def product_shape(first: Shape, second: Shape) -> Shape:
    """The shape of a matrix product; raises RuntimeError that names the shapes which do not fit (torch.matmul)."""
    if not first or not second:
        ranks = f"{len(first)}D and {len(second)}D"
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {ranks}")
    if first[-1] != second[-2 if len(second) > 1 else -1]:
        raise RuntimeError(_misfit(first, second))
    if len(second) == 1:
        return first[:-1]
    if len(first) == 1:
        return (*second[:-2], second[-1])
    return (*broadcast_shapes(first[:-2], second[:-2]), first[-2], second[-1])


def _misfit(first: Shape, second: Shape) -> str:
    if len(first) == len(second) == 1:
        return f"inconsistent tensor size: vectors of the same length are needed, not of {first[0]} and {second[0]}"
    rows = math.prod(first[:-1])
    if len(second) == 1:
        return f"size mismatch, got input ({rows}), mat ({rows}x{first[-1]}), vec ({second[0]})"
    if len(second) == 2:
        return f"mat1 and mat2 shapes cannot be multiplied ({rows}x{first[-1]} and {second[0]}x{second[1]})"
    return (
        f"Expected size for first two dimensions of batch2 tensor to be: [{math.prod(second[:-2])}, {first[-1]}] "
        f"but got: [{math.prod(second[:-2])}, {second[-2]}]: shapes {list(first)} and {list(second)}"
    )


def _product_spec(input: Spec, other: Spec) -> Spec:
    return Spec(product_shape(input.shape, other.shape), input.dtype)


def _rows_at_once(input: Any, other: Any) -> int:
    """How many rows to multiply at once, so that BLAS wakes no thread that costs more than it does; 0 for all."""
    if input.__class__ is not np.ndarray or configure().threads == 1:
        return 0
    each = other.shape[0] * other.shape[1]
    work = input.shape[0] * each
    return SHARED // each if SHARED < work < MOST_PARTS * SHARED and each * LEAST_ROWS <= SHARED else 0


def _multiply_rows(input: Any, other: Any, output: Any, together: int) -> Any:
    for first in range(0, input.shape[0], together):
        np.matmul(input[first : first + together], other, out=output[first : first + together])
    return output


def product(input: Any, other: Any) -> Any:
    """The matrix product of two arrays that fit; a batch times one matrix is one product, float16 adds in float32."""
    if input.ndim == other.ndim == 2 and input.dtype.itemsize > 2:
        together = _rows_at_once(input, other)
        if not together:
            return input @ other
        result = np.empty((input.shape[0], other.shape[1]), np.result_type(input, other))
        return _multiply_rows(input, other, result, together)
    first, second = widened(input), widened(other)
    if input.ndim > 2 and other.ndim == 2 and first.size:
        rows = xp(input).matmul(first.reshape(-1, first.shape[-1]), second)
        result = rows.reshape(*input.shape[:-1], other.shape[-1])
    else:
        result = xp(input).matmul(first, second)
    return narrowed(result, input)


@op(shape=_product_spec, types="keep", complex="holomorphic")
def matmul(input: Array, other: Array) -> Any:
    """The matrix product; vectors count as a row before and a column after, batches broadcast (torch.matmul)."""
    try:
        return product(input, other)
    except ValueError as error:
        product_shape(input.shape, other.shape)
        raise error


matmul.refuse(_refuse_mixed)
matmul.fast(cpu=(fast.matrices, fast.batches))


@matmul.onto_output
def _multiply_onto(output: Any, input: Any, other: Any) -> None:
    if input.ndim == other.ndim == 2 and input.dtype.itemsize > 2:
        _multiply_rows(input, other, output, _rows_at_once(input, other) or max(1, input.shape[0]))
    else:
        output[...] = product(input, other)


def _gradient_of_first(g: Any, other: Any, shape_of_input: Shape) -> Any:
    if other.ndim == 1:
        return g.unsqueeze(-1) * other
    if len(shape_of_input) == 1:
        return matmul(other, g.unsqueeze(-1)).squeeze(-1)
    return matmul(g, other.mT)


def _gradient_of_second(g: Any, input: Any, shape_of_other: Shape) -> Any:
    if input.ndim == 1:
        return g * input if len(shape_of_other) == 1 else input.unsqueeze(-1) * g.unsqueeze(-2)
    if len(shape_of_other) == 1:
        return matmul(_rows(input).mT, g.reshape(-1))
    if len(shape_of_other) == 2:
        return matmul(_rows(input).mT, _rows(g))
    return matmul(input.mT, g)


def _rows(input: Any) -> Any:
    """A batch as one tall matrix, a vector as one row."""
    return input if input.ndim == 2 else input.unsqueeze(0) if input.ndim == 1 else input.flatten(0, -2)


matmul.gradient(input=_gradient_of_first, other=_gradient_of_second)


def _linear_shape(input: Spec, weight: Spec, bias: Spec | None) -> Spec:
    if not input.shape or not weight.shape:
        ranks = f"{input.ndim}D and {weight.ndim}D"
        raise RuntimeError(f"both arguments to linear need to be at least 1D, but they are {ranks}")
    if weight.ndim > 2:
        raise RuntimeError(f"linear: weight must be a matrix [out, in], but got shape {list(weight.shape)}")
    shape = product_shape(input.shape, weight.shape[::-1])
    if bias is not None and broadcast_shapes(bias.shape, shape) != shape:
        raise RuntimeError(f"linear: a bias of shape {list(bias.shape)} does not fit the output of shape {list(shape)}")
    return Spec(shape, input.dtype)


@op(shape=_linear_shape, types="keep", complex="holomorphic")
def linear(input: Array, weight: Array, bias: Array | None = None) -> Any:
    """`input` weightᵀ + bias; the weight is [out, in] (torch.nn.functional.linear)."""
    if weight.ndim > 2:
        _linear_shape(spec_of(input), spec_of(weight), None)
    try:
        result = product(input, weight.T)
        if bias is None:
            return result
        return xp(input).add(result, bias, out=result) if result.ndim else result + bias
    except ValueError as error:
        _linear_shape(spec_of(input), spec_of(weight), None if bias is None else spec_of(bias))
        raise error


linear.refuse(_refuse_mixed)
linear.fast(cpu=fast.linear)


@linear.onto_output
def _linear_onto(output: Any, input: Any, weight: Any, bias: Any) -> None:
    _multiply_onto(output, input, weight.T)
    if bias is None:
        return
    if output.size >= LEAST_TO_ADD and output.ndim == 2 and output.dtype == bias.dtype == np.float32 and bias.ndim == 1:
        fast.add_to_rows(output, bias)
    else:
        np.add(output, bias, out=output)


def _gradient_of_weight(g: Any, input: Any, shape_of_weight: Shape) -> Any:
    if len(shape_of_weight) == 1:
        return matmul(g.reshape(-1), _rows(input))
    return matmul(_rows(g).mT, _rows(input))


linear.gradient(
    input=lambda g, weight: g.unsqueeze(-1) * weight if weight.ndim == 1 else matmul(g, weight),
    weight=_gradient_of_weight,
    bias=lambda g, shape_of_bias: g.sum(tuple(range(g.ndim - 1))) if g.ndim > 1 and len(shape_of_bias) == 1 else g,
)


def mm(input: Any, mat2: Any) -> Any:
    """The product of two matrices; raises RuntimeError for other ranks (torch.mm)."""
    for name, each in (("self", input), ("mat2", mat2)):
        if each.ndim != 2:
            raise RuntimeError(f"mm: {name} must be a matrix, but its shape is {list(each.shape)}")
    return matmul(input, mat2)


def bmm(input: Any, mat2: Any) -> Any:
    """The products of two batches of as many matrices; raises RuntimeError for other ranks or sizes (torch.bmm)."""
    for name, each in (("batch1", input), ("batch2", mat2)):
        if each.ndim != 3:
            raise RuntimeError(f"bmm: {name} must be a 3D tensor, but its shape is {list(each.shape)}")
    batch, _, inner = input.shape
    if mat2.shape[:2] != (batch, inner):
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{batch}, {inner}] "
            f"but got: {list(mat2.shape[:2])}."
        )
    return matmul(input, mat2)


def mv(input: Any, vec: Any) -> Any:
    """A matrix times a vector; raises RuntimeError for other ranks (torch.mv)."""
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(f"mv: matrix @ vector expected, got shapes {list(input.shape)} and {list(vec.shape)}")
    return matmul(input, vec)


def dot(input: Any, tensor: Any) -> Any:
    """The inner product of two vectors; raises RuntimeError for other ranks (torch.dot)."""
    if input.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors")
    return matmul(input, tensor)


def outer(input: Any, vec2: Any) -> Any:
    """All products of the elements of two vectors; raises RuntimeError for other ranks (torch.outer)."""
    for name, each in (("self", input), ("vec2", vec2)):
        if each.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {each.ndim}-D")
    return input.unsqueeze(-1) * vec2
