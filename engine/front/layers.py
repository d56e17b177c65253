"""Layers as PyTorch's top level has them, with its own order of arguments."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.nn import functional
from engine.ops.reductions.norm import vector_norm
from engine.ops.sequences import embedding as rows


def dropout(input: Any, p: float, train: bool) -> Any:
    """Each element 0 with probability p, else divided by 1 - p, while training (torch.dropout)."""
    return functional.dropout(input, p, train)


def dropout_(input: Any, p: float, train: bool) -> Any:
    """Dropout written into the input (torch.dropout_)."""
    return functional.dropout(input, p, train, inplace=True)


def feature_dropout(input: Any, p: float, train: bool) -> Any:
    """Dropout of whole channels, dimension 1 (torch.feature_dropout)."""
    return _drop_channels(input, p, train, inplace=False)


def feature_dropout_(input: Any, p: float, train: bool) -> Any:
    """Dropout of whole channels, dimension 1, written into the input (torch.feature_dropout_)."""
    return _drop_channels(input, p, train, inplace=True)


def _drop_channels(input: Any, p: float, train: bool, inplace: bool) -> Any:
    if train and input.ndim < 2:
        raise RuntimeError(
            f"Feature dropout requires at least 2 dimensions in the input, got shape {list(input.shape)}"
        )
    flat = input.reshape(input.shape[0], input.shape[1], -1) if input.ndim != 3 else input
    dropped = functional.dropout1d(flat, p, train).reshape(input.shape)
    return input.copy_(dropped) if inplace else dropped


def alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """Dropout to what SELU saturates at (torch.alpha_dropout)."""
    return functional.alpha_dropout(input, p, train)


def alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """Alpha dropout written into the input (torch.alpha_dropout_)."""
    return functional.alpha_dropout(input, p, train, inplace=True)


def feature_alpha_dropout(input: Any, p: float, train: bool) -> Any:
    """Alpha dropout of whole channels, dimension 1 (torch.feature_alpha_dropout)."""
    return functional.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input: Any, p: float, train: bool) -> Any:
    """Alpha dropout of whole channels written into the input (torch.feature_alpha_dropout_)."""
    return functional.feature_alpha_dropout(input, p, train, inplace=True)


def embedding(
    weight: Any, indices: Any, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False
) -> Any:
    """The rows of a table that numbers name; -1 stands for no padding (torch.embedding)."""
    padding = None if padding_idx == -1 else padding_idx
    return functional.embedding(indices, weight, padding, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


embedding_renorm_ = in_place(rows.embedding_renorm)


def batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Any:
    """Normalisation of each channel over a batch (torch.batch_norm); `cudnn_enabled` has no effect."""
    return functional.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool,
) -> Any:
    """Normalisation of each channel of each example (torch.instance_norm); `cudnn_enabled` has no effect."""
    return functional.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")


def grid_sampler(input: Any, grid: Any, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Any:
    """Images or volumes at the places of a grid, modes by number (torch.grid_sampler)."""
    return functional.grid_sample(input, grid, MODES[interpolation_mode], PADDINGS[padding_mode], align_corners)


def affine_grid_generator(theta: Any, size: Any, align_corners: bool) -> Any:
    """The places that affine maps take pixels to (torch.affine_grid_generator)."""
    return functional.affine_grid(theta, size, align_corners)


def adaptive_max_pool1d(input: Any, output_size: Any) -> tuple[Any, Any]:
    """The largest element of windows that cover the last dimension, and where it is (torch.adaptive_max_pool1d)."""
    return functional.adaptive_max_pool1d(input, output_size, return_indices=True)


def frobenius_norm(input: Any, dim: Any, keepdim: bool = False) -> Any:
    """The root of the sum of squares over one or two dimensions (torch.frobenius_norm)."""
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    if len(dims) > 2:
        raise RuntimeError(f"Expected at most 2 dimensions, but got {len(dims)} dimensions instead: {list(dims)}")
    return vector_norm(input, 2, dims or None, keepdim)
