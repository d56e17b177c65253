"""Cross entropy of a linear layer's scores, and how its batch is cut into chunks."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

from engine.backend.dtype import bfloat16, dtype, float16, float32, float64, int64
from engine.nn.functional.linear import linear
from engine.ops.losses.cross_entropy import REDUCTIONS
from engine.ops.losses.linear_cross_entropy import chunked_linear_cross_entropy
from engine.ops.losses.loss import cross_entropy

POLICIES = ("auto", "accurate", "balanced", "compact")


@dataclass(slots=True, frozen=True)
class LinearCrossEntropyOptions:
    """How linear_cross_entropy cuts its batch into chunks, whose scores alone are in memory at a time.

    `batch_chunk_size` examples make a chunk; without it `chunking_method` aspect_ratio:n makes scores of a chunk take
    an n-th of the memory that the input takes (auto: n = 2). Gradients can be walked more than once and sums are as
    precise as anywhere else, so that `allow_retain_graph`, `acc_policy` and `acc_dtype` are taken for PyTorch's sake.
    Raises ValueError for values that none of these have.
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: dtype | None = None

    def __post_init__(self) -> None:
        if self.acc_policy not in POLICIES:
            raise ValueError(f"invalid acc_policy: {self.acc_policy!r}; it is one of {', '.join(POLICIES)}")
        if self.acc_dtype not in (None, float16, bfloat16, float32, float64):
            raise ValueError(f"acc_dtype must be None or a floating-point type, got {self.acc_dtype!r}")
        size = self.batch_chunk_size
        if size is not None and not (isinstance(size, int) and size > 0):
            raise ValueError(f"batch_chunk_size must be positive int or None, got {size!r}")
        self._parts()

    def _parts(self) -> int:
        """How many times smaller than the input the scores of a chunk are."""
        if self.chunking_method in (None, "auto"):
            return 2
        name, colon, factor = self.chunking_method.partition(":")
        if name != "aspect_ratio" or (colon and not (factor.isdigit() and int(factor))):
            raise ValueError(
                f"invalid chunking_method: {self.chunking_method!r}; it is auto, aspect_ratio, aspect_ratio:n or None"
            )
        return int(factor) if colon else 1

    def chunk_size(self, examples: int, features: int, classes: int) -> int:
        """How many examples make a chunk; ValueError where a size and a method are given that disagree."""
        if self.chunking_method is None or (self.chunking_method == "auto" and self.batch_chunk_size is not None):
            return self.batch_chunk_size or max(examples, 1)
        wanted = math.ceil(examples / math.ceil(classes / max(features, 1)))
        size = max(min((1 << max(wanted - 1, 0).bit_length()) // self._parts(), examples), 1)
        if self.batch_chunk_size not in (None, size):
            raise ValueError(
                f"batch_chunk_size={self.batch_chunk_size} disagrees with chunking_method={self.chunking_method!r}, "
                f"which gives {size}; give one of them"
            )
        return size


def linear_cross_entropy(
    input: Any,
    linear_weight: Any,
    target: Any,
    *,
    linear_bias: Any = None,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Any:
    """Cross entropy of the scores `input Aᵀ + b`: the last layer of a classifier and its loss in one.

    The input is [N, in] or [in]; A is [C, in] or, for targets of [N, d1, ...], [C, d1, ..., in]; b is A's shape without
    `in`. With `options` the scores of a chunk of examples alone are in memory; that is for class numbers, one for each
    example, without smoothing, and warns elsewhere. Raises RuntimeError for shapes that do not fit.
    """
    _check_layer(input, linear_weight, linear_bias)
    classes, *positions = linear_weight.shape[:-1]
    shape = (*input.shape[:-1], classes, *positions)
    if target.shape == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    ignored = -100 if ignore_index is None else ignore_index
    if options is not None:
        if not positions and not label_smoothing and target.dtype is int64 and reduction in REDUCTIONS:
            return _in_chunks(input, linear_weight, target, linear_bias, weight, ignored, reduction, options)
        warnings.warn(
            "linear_cross_entropy: `options` ignored: chunks are for one int64 class number an example and no "
            f"smoothing; got a target of shape {list(target.shape)} and type {target.dtype}, scores of shape "
            f"{list(shape)}, label_smoothing={label_smoothing}",
            stacklevel=2,
        )
    rows = classes * math.prod(positions)
    bias = None if linear_bias is None else linear_bias.reshape(rows)
    scores = linear(input, linear_weight.reshape(rows, linear_weight.shape[-1]), bias).reshape(shape)
    return cross_entropy(scores, target, weight, ignored, reduction, label_smoothing)


def _in_chunks(
    input: Any,
    linear_weight: Any,
    target: Any,
    linear_bias: Any,
    weight: Any,
    ignore_index: int,
    reduction: str,
    options: LinearCrossEntropyOptions,
) -> Any:
    alone = input.ndim == 1
    if alone:
        input, target = input.unsqueeze(0), target.unsqueeze(0)
    examples, features = input.shape
    size = options.chunk_size(examples, features, linear_weight.shape[0])
    loss = chunked_linear_cross_entropy(
        input, linear_weight, target, linear_bias, weight, ignore_index, reduction, size
    )
    return loss.squeeze(0) if alone and reduction == "none" else loss


def _check_layer(input: Any, weight: Any, bias: Any) -> None:
    if input.ndim not in (1, 2):
        raise RuntimeError(
            f"expected input with dimensionality 1 or 2, got {input.ndim}: an input of shape {list(input.shape)}"
        )
    if weight.ndim < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {weight.ndim}")
    if input.shape[-1] != weight.shape[-1]:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), "
            f"got {input.shape[-1]} and {weight.shape[-1]}, respectively"
        )
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise RuntimeError(f"expected linear_bias shape {weight.shape[:-1]}, got {bias.shape}")
    if weight.ndim > 2 and input.ndim == 1:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {weight.shape} requires batched input, "
            f"(N, {input.shape[-1]}), got unbatched input with shape {input.shape}"
        )
