"""What stands in the brackets of `x[...]`: first a view by integers, slices and None, then positions by tensors."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.dtype import BOOL, bool_, int64, uint8
from engine.ops.indices.indexing import BasicKey
from engine.ops.indices.masking import mask_positions
from engine.tensors.from_data import array_from, is_array
from engine.tensors.making import place


class Subscript(NamedTuple):
    """`key` is for `basic_index`, `indices` stand at `dims` of its result; `mask` is set where it is all there is.

    `filled` is the only mask and the dimension where it begins, if no other tensor stands in the brackets: one value
    can be filled in there.
    """

    key: BasicKey
    indices: tuple[Any, ...]
    dims: tuple[int, ...]
    mask: Any = None
    filled: tuple[Any, int] | None = None


def read_subscript(tensor: Any, given: Any) -> Subscript:
    """The brackets' content, checked against the tensor; raises IndexError, TypeError or ValueError as PyTorch does."""
    items = list(given) if isinstance(given, tuple) else [given]
    items = [_plain_item(tensor, each) for each in items]
    if len(items) == 1 and _is_mask(items[0]) and items[0].ndim:
        _check_mask(items[0], tensor.shape, 0)
        return Subscript(tuple((0, length, 1) for length in tensor.shape), (), (), items[0], (items[0], 0))
    return _Reader(tensor, items).read()


def _plain_item(tensor: Any, item: Any) -> Any:
    """An integer, a slice, None, Ellipsis or an index tensor."""
    if item is None or item is Ellipsis or isinstance(item, slice):
        return item
    if isinstance(item, bool | np.bool_):
        return wrap(tensor.result_class, np.asarray(bool(item)))
    if isinstance(item, TensorBase):
        return _checked_index(item)
    if is_array(item) or (isinstance(item, Sequence) and not isinstance(item, str)):
        array = array_from(item, int64 if isinstance(item, Sequence) and not len(item) else None)
        return _checked_index(place(tensor.result_class, array, tensor.device))
    try:
        return operator.index(item)
    except TypeError as error:
        kind = TypeError if isinstance(item, str) else IndexError
        raise kind(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
            f"(got {type(item).__name__})"
        ) from error


def _checked_index(index: Any) -> Any:
    if index.dtype.is_floating_point:
        raise IndexError(f"tensors used as indices must be long, int, byte or bool tensors, got {index.dtype}")
    if not index.ndim and index.dtype not in (bool_, uint8):
        return int(index)
    return index


def _is_mask(item: Any) -> bool:
    return isinstance(item, TensorBase) and (item.dtype.category == BOOL or item.dtype is uint8)


def _check_mask(mask: Any, shape: tuple[int, ...], start: int) -> None:
    for each, length in enumerate(mask.shape):
        if start + each >= len(shape) or shape[start + each] != length:
            raise IndexError(
                f"The shape of the mask {list(mask.shape)} at index {each} does not match the shape of the "
                "indexed tensor "
                f"{list(shape)} at index {start + each}"
            )


class _Reader:
    """Walks the items and the dimensions together."""

    def __init__(self, tensor: Any, items: list[Any]) -> None:
        self.tensor = tensor
        self.shape: tuple[int, ...] = tensor.shape
        self.items = items
        self.dimension = 0
        self.key: list[Any] = []
        self.shown = 0
        self.indices: list[Any] = []
        self.dims: list[int] = []
        self.masks: list[tuple[Any, int]] = []

    def read(self) -> Subscript:
        wanted = sum(self.consumed(each) for each in self.items)
        if wanted > len(self.shape):
            if not self.shape and any(isinstance(each, int) for each in self.items):
                raise IndexError(
                    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python to convert a 0-dim tensor to "
                    "a number"
                )
            raise IndexError(f"too many indices for tensor of dimension {len(self.shape)}")
        if sum(each is Ellipsis for each in self.items) > 1:
            raise IndexError("an index can only have a single ellipsis ('...')")
        for each in self.items:
            self.take(each, len(self.shape) - wanted)
        self.keep_rest(len(self.shape) - self.dimension)
        alone = len(self.masks) == 1 and len(self.indices) == self.masks[0][0].ndim
        filled = self.masks[0] if alone else None
        return Subscript(tuple(self.key), tuple(self.indices), tuple(self.dims), filled=filled)

    def consumed(self, item: Any) -> int:
        if item is None or item is Ellipsis:
            return 0
        return item.ndim if _is_mask(item) else 1

    def take(self, item: Any, hidden: int) -> None:
        if item is Ellipsis:
            self.keep_rest(hidden)
        elif item is None:
            self.key.append(None)
            self.shown += 1
        elif isinstance(item, slice):
            self.key.append(_slice(item, self.shape[self.dimension]))
            self.dimension += 1
            self.shown += 1
        elif isinstance(item, int):
            self.key.append(self.position(item))
            self.dimension += 1
        else:
            self.take_tensor(item)

    def position(self, index: int) -> int:
        length = self.shape[self.dimension]
        if not -length <= index < length:
            raise IndexError(f"index {index} is out of bounds for dimension {self.dimension} with size {length}")
        return index % length

    def take_tensor(self, item: Any) -> None:
        if not _is_mask(item):
            self.add(item)
            self.keep_rest(1)
        elif item.ndim:
            _check_mask(item, self.shape, self.dimension)
            self.masks.append((item, self.shown))
            for positions in mask_positions(item):
                self.add(positions)
                self.keep_rest(1)
        else:
            count = 1 if bool(item) else 0
            self.add(wrap(self.tensor.result_class, np.zeros(count, np.int64)).to(self.tensor.device))
            self.key.append(None)
            self.shown += 1

    def add(self, positions: Any) -> None:
        self.indices.append(positions)
        self.dims.append(self.shown)

    def keep_rest(self, count: int) -> None:
        for _ in range(count):
            self.key.append((0, self.shape[self.dimension], 1))
            self.dimension += 1
            self.shown += 1


def _slice(item: slice, length: int) -> tuple[int, int, int]:
    step = 1 if item.step is None else operator.index(item.step)
    if step <= 0:
        raise ValueError("step must be greater than zero")
    start, stop, _ = item.indices(length)
    return start, max(start, stop), step
