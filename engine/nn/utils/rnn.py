"""Sequences of different lengths: padded, packed, and back (torch.nn.utils.rnn)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from engine.backend.dtype import int64
from engine.creation import as_tensor, tensor
from engine.nn.utils.packed_sequence import PackedSequence, invert_permutation
from engine.ops.layouts.joining import stack, unbind
from engine.ops.layouts.padding import pad


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Drop the padding of [T, B, ...], or of [B, T, ...] if `batch_first`; there are B lengths, a sequence or tensor.

    They fall from the first sequence to the last; with `enforce_sorted=False` they are sorted here, and layers put
    their results back in order. Raises RuntimeError for lengths that do not fit.
    """
    numbers = as_tensor(lengths, dtype=int64).cpu()
    batch_dim = 0 if batch_first else 1
    _check_lengths(input, numbers.tolist(), batch_dim)
    order = None
    if not enforce_sorted:
        numbers, order = numbers.sort(descending=True, stable=True)
        order = order.to(input.device)
        input = input.index_select(batch_dim, order)
    sizes = _batch_sizes(numbers.tolist())
    padded = input.transpose(0, 1) if batch_first else input
    steps, batch = padded.shape[:2]
    data = padded.reshape(steps * batch, *padded.shape[2:])
    if sizes != [batch] * steps:
        data = data.index_select(0, _places(sizes, batch, input.device))
    return PackedSequence(data, tensor(sizes, dtype=int64), order)


def _check_lengths(input: Any, lengths: list[int], batch_dim: int) -> None:
    if input.ndim < 2 or input.numel() == 0:
        raise RuntimeError(f"Cannot pack empty tensors, got shape {list(input.shape)}")
    batch, steps = input.shape[batch_dim], input.shape[1 - batch_dim]
    if len(lengths) != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} (batch_size={batch})"
        )
    if min(lengths) <= 0:
        raise RuntimeError(
            f"Length of all samples has to be greater than 0, but found an element in 'lengths' that is {min(lengths)}"
        )
    if max(lengths) > steps:
        raise RuntimeError(f"lengths go up to {max(lengths)}, but the input has {steps} steps: {list(input.shape)}")


def _batch_sizes(lengths: list[int]) -> list[int]:
    """How many sequences run at each step."""
    if any(later > earlier for earlier, later in pairwise(lengths)):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True, got "
            f"{lengths}. Pass `enforce_sorted=False` to have them sorted."
        )
    return [sum(length > step for length in lengths) for step in range(lengths[0])]


def _places(sizes: Sequence[int], batch: int, device: Any) -> Any:
    """Where the packed elements lie among steps * batch padded ones."""
    places = np.concatenate([step * batch + np.arange(size) for step, size in enumerate(sizes)])
    return tensor(places, dtype=int64, device=device)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Any, Any]:
    """The sequences padded to the longest one or to `total_length`, [T, B, ...] or [B, T, ...], and their lengths.

    Raises ValueError for a total length below that of the longest one.
    """
    sizes = sequence.batch_sizes.tolist()
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {len(sizes)}"
        )
    data, batch = sequence.data, sizes[0]
    padded = data.new_full((steps * batch, *data.shape[1:]), padding_value)
    padded = padded.index_copy(0, _places(sizes, batch, data.device), data)
    padded = padded.reshape(steps, batch, *data.shape[1:])
    lengths = tensor([sum(size > place for size in sizes) for place in range(batch)], dtype=int64)
    padded = padded.transpose(0, 1) if batch_first else padded
    if sequence.unsorted_indices is None:
        return padded, lengths
    order = sequence.unsorted_indices
    return padded.index_select(0 if batch_first else 1, order), lengths[order.cpu()]


def pad_sequence(
    sequences: Iterable[Any], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Any:
    """Tensors of [L, ...] one beside another as [longest L, B, ...], or [B, longest L, ...] if `batch_first`.

    Padding lies to the `right` or `left` of each. Raises RuntimeError for no sequences and for shapes that differ
    in more than the first dimension.
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    listed = list(sequences)
    if not listed:
        raise RuntimeError("received an empty list of sequences")
    shapes = [each for each, _ in groupby(each.shape[1:] for each in listed)]
    if len(shapes) > 1:
        raise RuntimeError(
            f"pad_sequence: all sequences must have the same shape behind their first dimension, got {shapes[0]} "
            f"and {shapes[1]}"
        )
    longest = max(each.shape[0] for each in listed)
    return stack([_lengthened(each, longest, padding_value, padding_side) for each in listed], 0 if batch_first else 1)


def _lengthened(sequence: Any, length: int, value: float, side: str) -> Any:
    missing = length - sequence.shape[0]
    if not missing:
        return sequence
    around = (missing, 0) if side == "left" else (0, missing)
    return pad(sequence, (*(0, 0) * (sequence.ndim - 1), *around), value=value)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences that were padded to [T, B, ...], or [B, T, ...], by their lengths."""
    batched = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    numbers = lengths.tolist() if hasattr(lengths, "tolist") else lengths
    return [sequence[:length] for sequence, length in zip(unbind(batched), numbers, strict=True)]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Pack tensors of [L, ...], the longest first unless `enforce_sorted` is False."""
    lengths = [each.shape[0] for each in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The tensors that were packed, in their order."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)


__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]
