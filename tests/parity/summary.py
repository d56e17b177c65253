"""A sample and what went wrong with it, in a line each."""

import traceback
from typing import Any

import torch

from tests.parity.compare import Disagreement, dtype_name
from tests.parity.refusals import first_line
from tests.parity.translate import mapped


class _Text(str):
    def __repr__(self) -> str:
        return self


def summary(sample: Any) -> str:
    """The arguments as in a call, tensors by dtype and shape."""
    given = [repr(mapped(each, _short)) for each in (sample.input, *sample.args)]
    named = [f"{name}={mapped(each, _short)!r}" for name, each in sample.kwargs.items()]
    return f"({', '.join(given + named)})"


def complaint(error: BaseException) -> str:
    """A disagreement as it is; any other error with its type and the line of ours that raised it."""
    if isinstance(error, Disagreement):
        return str(error)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/engine/" in frame.filename]
    place = f" ({frames[-1].filename.rpartition('/engine/')[2]}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {first_line(error)}{place}"


def _short(leaf: Any) -> Any:
    if not isinstance(leaf, torch.Tensor):
        return leaf
    strided = leaf.layout is torch.strided
    layout = "" if not strided or leaf.is_contiguous() else f" strides {list(leaf.stride())}"
    return _Text(f"{dtype_name(leaf)}{list(leaf.shape)}{layout}")
