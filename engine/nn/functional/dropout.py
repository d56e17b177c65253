"""Dropout as functions: elements or whole channels left out at random while training."""

from __future__ import annotations

import math
import warnings
from typing import Any

from engine.autograd.in_place import in_place
from engine.ops.randomness import dropout as ops
from engine.tensors.generator import default_generator

# What SELU gives far below zero is -scale * alpha, of its two constants (Klambauer et al. 2017).
_SELU_FLOOR = -1.7580993408473766


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each element 0 with probability p, else divided by 1 - p; in evaluation the input itself.

    The numbers come from the default generator; raises ValueError for a p outside of [0, 1].
    """
    ops.check_probability(p)
    if not training or p == 0:
        return input
    return (in_place(ops.dropout) if inplace else ops.dropout)(input, p, default_generator.draw())


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each channel of [N, C, L] or [C, L] all 0 with probability p, else divided by 1 - p.

    Raises RuntimeError for other ranks, ValueError for a p outside of [0, 1].
    """
    ops.check_probability(p)
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input of shape {list(input.shape)}; "
            "use dropout to leave out single elements"
        )
    return _channel_dropout(input, p, training, inplace, batched=input.ndim == 3)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each channel, dimension 1 of [N, C, H, W], all 0 with probability p, else divided by 1 - p.

    As in PyTorch 3 dimensions are taken for [N, C, L], and ranks other than 3 and 4 warn. Raises ValueError for a p
    outside of [0, 1], RuntimeError for fewer than 2 dimensions.
    """
    ops.check_probability(p)
    if input.ndim != 4:
        meaning = "is taken for [N, C, L]: use dropout1d" if input.ndim == 3 else "has no 2 places: use dropout"
        warnings.warn(f"dropout2d: Received a {input.ndim}-D input, which {meaning}", stacklevel=2)
    return _channel_dropout(input, p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each channel of [N, C, D, H, W] or [C, D, H, W] all 0 with probability p, else divided by 1 - p.

    Other ranks warn as in PyTorch and are taken for one example. Raises ValueError for a p outside of [0, 1].
    """
    ops.check_probability(p)
    if input.ndim not in (4, 5):
        warnings.warn(f"dropout3d: Received a {input.ndim}-D input, which has no 3 places: use dropout", stacklevel=2)
    return _channel_dropout(input, p, training, inplace, batched=input.ndim == 5)


def alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Each element with probability p what SELU saturates at; then all scaled and shifted to mean 0 and variance 1.

    Raises ValueError for a p outside of [0, 1] (Klambauer et al. 2017).
    """
    ops.check_probability(p)
    return _saturated(input, p, training, inplace, input.shape)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Alpha dropout of whole channels, dimension 1.

    Raises ValueError for a p outside of [0, 1], RuntimeError for fewer than 2 dimensions.
    """
    ops.check_probability(p)
    if not training or p == 0:
        return input
    return _saturated(input, p, training, inplace, _one_a_channel(input))


def _one_a_channel(input: Any) -> tuple[int, ...]:
    if input.ndim < 2:
        raise RuntimeError(
            f"Feature dropout requires at least 2 dimensions in the input, got shape {list(input.shape)}"
        )
    return (*input.shape[:2], *(1,) * (input.ndim - 2))


def _channel_dropout(input: Any, p: float, training: bool, inplace: bool, batched: bool = True) -> Any:
    if not training or p == 0:
        return input
    shape = _one_a_channel(input) if batched else (input.shape[0], *(1,) * (input.ndim - 1))
    kept = ops.dropout(input.new_ones(shape), p, default_generator.draw())
    return input.mul_(kept) if inplace else input * kept


def _saturated(input: Any, p: float, training: bool, inplace: bool, shape: tuple[int, ...]) -> Any:
    if not training or p == 0 or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0) if inplace else input * 0
    scale = 1 / math.sqrt((1 - p) * (1 + p * _SELU_FLOOR**2))
    kept = ops.dropout(input.new_ones(shape), p, default_generator.draw()) * (1 - p)
    shift = (1 - kept) * (scale * _SELU_FLOOR) - scale * _SELU_FLOOR * p
    kept = kept * scale
    return input.mul_(kept).add_(shift) if inplace else input * kept + shift
