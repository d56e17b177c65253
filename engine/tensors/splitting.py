"""Tensor taken apart along a dimension, as views."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops.layouts import joining, splitting


class Splitting(TensorBase):
    """Tensor taken apart along a dimension, as views."""

    __slots__ = ()

    def split(self, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
        """Pieces of a length, or of several lengths, as views (torch.split)."""
        return splitting.split(self, split_size, dim)

    def split_with_sizes(self, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
        """Pieces of several lengths, as views (torch.split_with_sizes)."""
        return joining.split_with_sizes(self, tuple(split_sizes), dim)

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Any, ...]:
        """At most `chunks` pieces, as views (torch.chunk)."""
        return splitting.chunk(self, chunks, dim)

    def tensor_split(self, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
        """Pieces as equal as can be, or cut at positions, as views (torch.tensor_split)."""
        return splitting.tensor_split(self, indices_or_sections, dim)

    def hsplit(self, split_size_or_sections: Any) -> tuple[Any, ...]:
        """Equal pieces along the columns, or cut at positions, as views (torch.hsplit)."""
        return splitting.hsplit(self, split_size_or_sections)

    def vsplit(self, split_size_or_sections: Any) -> tuple[Any, ...]:
        """Equal pieces along the rows, or cut at positions, as views (torch.vsplit)."""
        return splitting.vsplit(self, split_size_or_sections)

    def dsplit(self, split_size_or_sections: Any) -> tuple[Any, ...]:
        """Equal pieces along the third dimension, or cut at positions, as views (torch.dsplit)."""
        return splitting.dsplit(self, split_size_or_sections)

    def unsafe_split(self, split_size: int, dim: int = 0) -> tuple[Any, ...]:
        """Pieces of a length, which may be written in place (torch.unsafe_split)."""
        return splitting.unsafe_split(self, split_size, dim)

    def unsafe_split_with_sizes(self, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
        """Pieces of several lengths, which may be written in place (torch.unsafe_split_with_sizes)."""
        return splitting.unsafe_split_with_sizes(self, split_sizes, dim)

    def unsafe_chunk(self, chunks: int, dim: int = 0) -> tuple[Any, ...]:
        """At most `chunks` pieces, which may be written in place (torch.unsafe_chunk)."""
        return splitting.unsafe_chunk(self, chunks, dim)

    def unbind(self, dim: int = 0) -> tuple[Any, ...]:
        """The slices along a dimension, as views (torch.unbind)."""
        return joining.unbind(self, dim)
