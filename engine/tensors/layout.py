"""Tensor in another shape or order."""

from __future__ import annotations

from typing import Any

from engine.autograd.tensor_base import TensorBase
from engine.ops import joining, rearranging, splitting, windows
from engine.ops import layout as ops
from engine.ops.dimensions import sizes
from engine.ops.strided import as_strided


class Layout(TensorBase):
    """Tensor in another shape or order."""

    __slots__ = ()

    def view(self, *shape: Any) -> Any:
        """The same memory in another shape (torch.Tensor.view)."""
        return ops.view(self, sizes(shape))

    def view_as(self, other: Any) -> Any:
        """The same memory in the shape of `other` (torch.Tensor.view_as)."""
        return ops.view(self, other.shape)

    def reshape(self, *shape: Any) -> Any:
        """Another shape, by a view where possible (torch.reshape)."""
        return ops.reshape(self, sizes(shape))

    def reshape_as(self, other: Any) -> Any:
        """The shape of `other`, by a view where possible (torch.Tensor.reshape_as)."""
        return ops.reshape(self, other.shape)

    def expand(self, *size: Any) -> Any:
        """Repeat length-1 and new dimensions without a copy; -1 keeps a length (torch.Tensor.expand)."""
        return ops.expand(self, sizes(size))

    def expand_as(self, other: Any) -> Any:
        """Expand to the shape of `other` (torch.Tensor.expand_as)."""
        return ops.expand(self, other.shape)

    def broadcast_to(self, *size: Any) -> Any:
        """Expand to a size (torch.broadcast_to)."""
        return ops.expand(self, sizes(size))

    def clone(self, *, memory_format: str = ops.preserve_format) -> Any:
        """A copy (torch.clone)."""
        return ops.clone(self, memory_format)

    def contiguous(self) -> Any:
        """Itself if it lies in row-major order, else a copy that does (torch.Tensor.contiguous)."""
        return ops.contiguous(self)

    def permute(self, *dims: Any) -> Any:
        """The dimensions in another order (torch.permute)."""
        return ops.permute(self, sizes(dims))

    def transpose(self, dim0: int, dim1: int) -> Any:
        """Two dimensions swapped (torch.transpose)."""
        return ops.transpose(self, dim0, dim1)

    swapaxes = swapdims = transpose

    def t(self) -> Any:
        """A matrix transposed (torch.t)."""
        return ops.t(self)

    @property
    def T(self) -> Any:
        """All dimensions in reverse order."""
        return ops.permute(self, tuple(reversed(range(self.ndim))))

    @property
    def mT(self) -> Any:
        """The last two dimensions swapped; raises RuntimeError with fewer than two."""
        if self.ndim < 2:
            raise RuntimeError(
                f"tensor.mT is only supported on matrices or batches of matrices. Got {self.ndim}-D tensor."
            )
        return ops.transpose(self, -2, -1)

    def movedim(self, source: Any, destination: Any) -> Any:
        """Dimensions moved to other places (torch.movedim)."""
        return ops.movedim(self, source, destination)

    moveaxis = movedim

    def squeeze(self, dim: Any = None) -> Any:
        """Without dimensions of length 1 (torch.squeeze)."""
        return ops.squeeze(self, dim)

    def unsqueeze(self, dim: int) -> Any:
        """With a new dimension of length 1 (torch.unsqueeze)."""
        return ops.unsqueeze(self, dim)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Any:
        """Several dimensions as one (torch.flatten)."""
        return ops.flatten(self, start_dim, end_dim)

    def unflatten(self, dim: int, sizes: Any) -> Any:
        """One dimension as several (torch.unflatten)."""
        return ops.unflatten(self, dim, sizes)

    def ravel(self) -> Any:
        """All elements in one dimension (torch.ravel)."""
        return ops.ravel(self)

    def flip(self, *dims: Any) -> Any:
        """A copy with the order along `dims` reversed (torch.flip)."""
        return rearranging.flip(self, sizes(dims))

    def fliplr(self) -> Any:
        """A copy with columns reversed (torch.fliplr)."""
        return rearranging.fliplr(self)

    def flipud(self) -> Any:
        """A copy with rows reversed (torch.flipud)."""
        return rearranging.flipud(self)

    def roll(self, shifts: Any, dims: Any = None) -> Any:
        """The elements shifted around (torch.roll)."""
        return rearranging.roll(self, shifts, dims)

    def repeat(self, *repeats: Any) -> Any:
        """The whole tensor laid beside itself (torch.Tensor.repeat)."""
        return rearranging.repeat(self, sizes(repeats))

    def tile(self, *dims: Any) -> Any:
        """The whole tensor laid beside itself (torch.tile)."""
        return rearranging.tile(self, sizes(dims))

    def repeat_interleave(self, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Any:
        """Each element repeated in place (torch.repeat_interleave)."""
        return rearranging.repeat_interleave(self, repeats, dim, output_size=output_size)

    def tril(self, diagonal: int = 0) -> Any:
        """The lower triangle (torch.tril)."""
        return rearranging.tril(self, diagonal)

    def triu(self, diagonal: int = 0) -> Any:
        """The upper triangle (torch.triu)."""
        return rearranging.triu(self, diagonal)

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        """The diagonal over two dimensions (torch.diagonal)."""
        return windows.diagonal(self, offset, dim1, dim2)

    def diag(self, diagonal: int = 0) -> Any:
        """A matrix with this diagonal, or a matrix's diagonal (torch.diag)."""
        return windows.diag(self, diagonal)

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
        """Matrices with these diagonals (torch.diag_embed)."""
        return windows.diag_embed(self, offset, dim1, dim2)

    def unfold(self, dimension: int, size: int, step: int) -> Any:
        """Sliding windows along a dimension (torch.Tensor.unfold)."""
        return windows.unfold(self, dimension, size, step)

    def as_strided(self, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
        """Any sizes and strides over the memory that this tensor shares (torch.as_strided)."""
        return as_strided(self, size, stride, storage_offset)

    def split(self, split_size: Any, dim: int = 0) -> tuple[Any, ...]:
        """Pieces of a length, or of several lengths, as views (torch.split)."""
        return splitting.split(self, split_size, dim)

    def split_with_sizes(self, split_sizes: Any, dim: int = 0) -> tuple[Any, ...]:
        """Pieces of several lengths, as views (torch.split_with_sizes)."""
        return splitting.split(self, tuple(split_sizes), dim)

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Any, ...]:
        """At most `chunks` pieces, as views (torch.chunk)."""
        return splitting.chunk(self, chunks, dim)

    def tensor_split(self, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
        """Pieces as equal as can be, or cut at positions, as views (torch.tensor_split)."""
        return splitting.tensor_split(self, indices_or_sections, dim)

    def unbind(self, dim: int = 0) -> tuple[Any, ...]:
        """The slices along a dimension, as views (torch.unbind)."""
        return joining.unbind(self, dim)
