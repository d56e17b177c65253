"""Convolutions that are products of two matrices: one position sees all there is, or all is made from one position."""

from __future__ import annotations

import math
from typing import Any

from engine.kernels.cpu.image_layout import is_single
from engine.kernels.cpu.jit import threads
from engine.kernels.cpu.products import product, product_bytes
from engine.kernels.kernel import Kernel

# Below so many multiplications the reference is as fast.
PRODUCTS = 1 << 18
LEAST = 1 << 8


def _flat(array: Any) -> Any:
    """An array as a matrix with a row for each of its first dimension."""
    return array.reshape(len(array), -1)


def _is_matrix(array: Any) -> bool:
    """Whether all but the first dimension lie together, in order."""
    return bool(array[0].flags.c_contiguous) if len(array) else False


def _enough(rows: int, depth: int, columns: int) -> bool:
    return rows * depth * columns >= PRODUCTS


def _accepts(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    source, weight, bias = inputs
    _, padding, _, groups = attributes
    if groups != 1 or any(padding) or source.shape[2:] != weight.shape[2:]:
        return False
    if not is_single(source, weight, bias) or not (_is_matrix(source) and _is_matrix(weight)):
        return False
    contiguous = bias is None or bias.flags.c_contiguous
    return contiguous and _enough(len(source), weight[0].size, len(weight))


def _convolve(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    source, weight, bias = inputs
    product(_flat(source), _flat(weight).T, _flat(outputs[0]), scratch, bias, -math.inf, threads())


def _accepts_back(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    source, weight, bias = inputs
    _, padding, output_padding, dilation, groups = attributes
    if groups != 1 or any(padding) or any(output_padding) or {*dilation, *source.shape[2:]} != {1}:
        return False
    if not is_single(source, weight, bias) or not (_is_matrix(source) and _is_matrix(weight)):
        return False
    return _enough(len(source), len(weight), weight[0].size)


def _convolve_back(
    outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any
) -> None:
    source, weight, bias = inputs
    product(_flat(source), _flat(weight), _flat(outputs[0]), scratch, None, -math.inf, threads())
    if bias is not None:
        target = outputs[0]
        target += bias.reshape(-1, *[1] * (source.ndim - 2))


def _accepts_weights(inputs: tuple[Any, ...], attributes: tuple[Any, ...]) -> bool:
    source, gradient = inputs
    kernel, _, padding, _, groups = attributes
    if groups != 1 or any(padding) or source.shape[2:] != kernel or {*gradient.shape[2:]} != {1}:
        return False
    if not is_single(source, gradient) or not (_is_matrix(source) and _is_matrix(gradient)):
        return False
    return _enough(gradient.shape[1], len(source), source[0].size)


def _correlate(outputs: tuple[Any, ...], inputs: tuple[Any, ...], attributes: tuple[Any, ...], scratch: Any) -> None:
    source, gradient = inputs
    product(_flat(gradient).T, _flat(source), _flat(outputs[0]), scratch, None, -math.inf, threads())


convolution = Kernel(
    _convolve,
    _accepts,
    lambda inputs, attributes: product_bytes(len(inputs[0]), len(inputs[1]), inputs[1][0].size),
    least=LEAST,
)
transposed_convolution = Kernel(
    _convolve_back,
    _accepts_back,
    lambda inputs, attributes: product_bytes(len(inputs[0]), inputs[1][0].size, len(inputs[1])),
    least=LEAST,
)
convolution_weight_gradient = Kernel(
    _correlate,
    _accepts_weights,
    lambda inputs, attributes: product_bytes(inputs[1].shape[1], inputs[0][0].size, len(inputs[0])),
    least=LEAST,
)
