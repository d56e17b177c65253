"""Class numbers as vectors."""

from __future__ import annotations

from typing import Any

from engine.backend.dtype import int64
from engine.creation import arange


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """[...] class numbers of int64 as [..., num_classes] zeros and ones; -1 takes the largest number plus one.

    Raises RuntimeError for another type, a negative number or one that num_classes does not cover.
    """
    if tensor.dtype is not int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor (int64), got {tensor.dtype}")
    if tensor.array is None and num_classes == -1:
        raise RuntimeError("one_hot: num_classes must be given on the meta device, where no class numbers can be read")
    # On a GPU nobody waits to look, unless the numbers alone say how many classes there are.
    if tensor.device.type == "cpu" or num_classes == -1:
        num_classes = _checked(tensor, num_classes)
    return (tensor.unsqueeze(-1) == arange(num_classes, device=tensor.device)).to(int64)


def _checked(tensor: Any, num_classes: int) -> int:
    if tensor.numel() == 0:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return num_classes
    if tensor.min().item() < 0:
        raise RuntimeError("Class values must be non-negative.")
    needed = tensor.max().item() + 1
    if num_classes == -1:
        return int(needed)
    if num_classes < needed:
        raise RuntimeError(f"Class values must be smaller than num_classes: {needed - 1} is not below {num_classes}.")
    return num_classes
