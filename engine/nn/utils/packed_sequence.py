"""PackedSequence: sequences of different lengths in one tensor without padding."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from engine.backend.dtype import dtype as DType
from engine.backend.dtype import float16, float32, float64, int8, int16, int32, int64, uint8
from engine.creation import arange
from engine.ops.indices.scattering import scatter


class _Packed(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Packed):
    """Sequences as recurrent layers read them: all first elements, all second ones, ..., longer sequences first.

    `batch_sizes` says how many sequences still run at each step, on the CPU; `sorted_indices` which of the batch came
    first when it was sorted by length, None if it was so already (torch.nn.utils.rnn.PackedSequence). Made by
    `pack_padded_sequence` and `pack_sequence`.
    """

    __slots__ = ()

    def __new__(
        cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None
    ) -> Self:
        """Raise ValueError for batch sizes that do not lie on the CPU."""
        if batch_sizes is None:
            data, batch_sizes = data
        if batch_sizes.device.type != "cpu":
            raise ValueError(
                f"batch_sizes should always be on CPU, got {batch_sizes.device}. A PackedSequence is made by "
                "pack_sequence and pack_padded_sequence, not by hand."
            )
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """The sequences in another type or on another device, arguments as for Tensor.to; itself if nothing changes."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        moved = (None if each is None else each.to(data.device) for each in self[2:])
        return type(self)(data, self.batch_sizes, *moved)

    def cuda(self, *args: Any, **kwargs: Any) -> Self:
        """The sequences on a GPU, the current one by default."""
        return self.to(self.data.cuda(*args, **kwargs).device)

    def cpu(self) -> Self:
        """The sequences on the CPU."""
        return self.to("cpu")

    def double(self) -> Self:
        """The sequences in float64."""
        return self._as(float64)

    def float(self) -> Self:
        """The sequences in float32."""
        return self._as(float32)

    def half(self) -> Self:
        """The sequences in float16."""
        return self._as(float16)

    def long(self) -> Self:
        """The sequences in int64."""
        return self._as(int64)

    def int(self) -> Self:
        """The sequences in int32."""
        return self._as(int32)

    def short(self) -> Self:
        """The sequences in int16."""
        return self._as(int16)

    def char(self) -> Self:
        """The sequences in int8."""
        return self._as(int8)

    def byte(self) -> Self:
        """The sequences in uint8."""
        return self._as(uint8)

    @property
    def is_cuda(self) -> bool:
        """Whether the sequences live on a GPU."""
        return self.data.is_cuda

    def _as(self, kind: DType) -> Self:
        return self.to(kind)


def invert_permutation(permutation: Any) -> Any:
    """Where each position went: the permutation that undoes this one; None stays None."""
    if permutation is None:
        return None
    positions = arange(permutation.numel(), dtype=permutation.dtype, device=permutation.device)
    return scatter(permutation, 0, permutation, positions)
