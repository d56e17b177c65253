"""Tensor in another shape or order."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.autograd.tensor_base import TensorBase
from engine.backend import dtype as dtypes
from engine.ops.dimensions import sizes
from engine.ops.layouts import layout as ops
from engine.ops.layouts import rearranging, windows
from engine.ops.layouts.memory_layout import contiguous_format, preserve_format
from engine.ops.layouts.reinterpretation import view_as_dtype
from engine.ops.layouts.strided import as_strided

_tril_, _triu_ = in_place(rearranging.tril), in_place(rearranging.triu)


class Layout(TensorBase):
    """Tensor in another shape or order."""

    __slots__ = ()

    def view(self, *shape: Any, dtype: Any = None, size: Any = None) -> Any:
        """The same memory in another shape, or its bytes as another type (torch.Tensor.view)."""
        given = shape[0] if len(shape) == 1 else shape
        kind = dtype if dtype is not None else given if isinstance(given, dtypes.dtype) else None
        if kind is not None:
            return view_as_dtype(self, kind)
        return ops.view(self, sizes(shape if size is None else (size,)))

    def view_as(self, other: Any) -> Any:
        """The same memory in the shape of `other` (torch.Tensor.view_as)."""
        return ops.view(self, other.shape)

    def reshape(self, *given: Any, shape: Any = None) -> Any:
        """Another shape, by a view where possible (torch.reshape)."""
        return ops.reshape(self, sizes(given if shape is None else (shape,)))

    def reshape_as(self, other: Any) -> Any:
        """The shape of `other`, by a view where possible (torch.Tensor.reshape_as)."""
        return ops.reshape(self, other.shape)

    def expand(self, *given: Any, size: Any = None, implicit: bool = False) -> Any:
        """Repeat length-1 and new dimensions without a copy; -1 keeps a length (torch.Tensor.expand)."""
        return ops.expand(self, sizes(given if size is None else (size,)))

    def expand_as(self, other: Any) -> Any:
        """Expand to the shape of `other` (torch.Tensor.expand_as)."""
        return ops.expand(self, other.shape)

    def broadcast_to(self, *size: Any) -> Any:
        """Expand to a size (torch.broadcast_to)."""
        return ops.expand(self, sizes(size))

    def clone(self, *, memory_format: str = preserve_format) -> Any:
        """A copy (torch.clone)."""
        return ops.clone(self, memory_format)

    def contiguous(self, memory_format: str = contiguous_format) -> Any:
        """Itself if it lies in the order of a format, else a copy that does (torch.Tensor.contiguous)."""
        return ops.contiguous(self, memory_format)

    def permute(self, *given: Any, dims: Any = None) -> Any:
        """The dimensions in another order (torch.permute)."""
        return ops.permute(self, sizes(given if dims is None else (dims,)))

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

    @property
    def H(self) -> Any:
        """A matrix transposed, and conjugated if it is complex; raises RuntimeError unless it has 0 or 2 dimensions."""
        if self.ndim not in (0, 2):
            raise RuntimeError(
                f"tensor.H is only supported on matrices (2-D tensors). Got {self.ndim}-D tensor. "
                "For batches of matrices, consider using tensor.mH"
            )
        return ops.adjoint(self) if self.ndim else self

    @property
    def mH(self) -> Any:
        """The last two dimensions swapped, and conjugated if it is complex; raises RuntimeError with fewer than two."""
        if self.ndim < 2:
            raise RuntimeError(
                f"tensor.mH is only supported on matrices or batches of matrices. Got {self.ndim}-D tensor."
            )
        return ops.adjoint(self)

    def adjoint(self) -> Any:
        """Matrices transposed, and conjugated if they are complex (torch.adjoint)."""
        return ops.adjoint(self)

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

    def flip(self, *given: Any, dims: Any = None) -> Any:
        """A copy with the order along `dims` reversed (torch.flip)."""
        return rearranging.flip(self, sizes(given if dims is None else (dims,)))

    def fliplr(self) -> Any:
        """A copy with columns reversed (torch.fliplr)."""
        return rearranging.fliplr(self)

    def flipud(self) -> Any:
        """A copy with rows reversed (torch.flipud)."""
        return rearranging.flipud(self)

    def rot90(self, k: int = 1, dims: Any = (0, 1)) -> Any:
        """A copy turned by quarters (torch.rot90)."""
        return rearranging.rot90(self, k, dims)

    def roll(self, shifts: Any, dims: Any = None) -> Any:
        """The elements shifted around (torch.roll)."""
        return rearranging.roll(self, shifts, dims)

    def repeat(self, *given: Any, repeats: Any = None) -> Any:
        """The whole tensor laid beside itself (torch.Tensor.repeat)."""
        return rearranging.repeat(self, sizes(given if repeats is None else (repeats,)))

    def tile(self, *given: Any, dims: Any = None) -> Any:
        """The whole tensor laid beside itself (torch.tile)."""
        return rearranging.tile(self, sizes(given if dims is None else (dims,)))

    def repeat_interleave(self, repeats: Any, dim: int | None = None, *, output_size: int | None = None) -> Any:
        """Each element repeated in place (torch.repeat_interleave)."""
        return rearranging.repeat_interleave(self, repeats, dim, output_size=output_size)

    def tril(self, diagonal: int = 0) -> Any:
        """The lower triangle (torch.tril)."""
        return rearranging.tril(self, diagonal)

    def triu(self, diagonal: int = 0) -> Any:
        """The upper triangle (torch.triu)."""
        return rearranging.triu(self, diagonal)

    def tril_(self, diagonal: int = 0) -> Any:
        """Zeros written above a diagonal (torch.Tensor.tril_)."""
        return _tril_(self, diagonal)

    def triu_(self, diagonal: int = 0) -> Any:
        """Zeros written below a diagonal (torch.Tensor.triu_)."""
        return _triu_(self, diagonal)

    def fill_diagonal_(self, fill_value: float, wrap: bool = False) -> Any:
        """One value written on the main diagonal, in tall matrices again and again with `wrap` (fill_diagonal_)."""
        windows.main_diagonal(self, wrap).fill_(fill_value)
        return self

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
        """The diagonal over two dimensions (torch.diagonal)."""
        return windows.diagonal(self, offset, dim1, dim2)

    def diag(self, diagonal: int = 0) -> Any:
        """A matrix with this diagonal, or a matrix's diagonal (torch.diag)."""
        return windows.diag(self, diagonal)

    def diagflat(self, offset: int = 0) -> Any:
        """A matrix with all elements on its diagonal (torch.diagflat)."""
        return windows.diagflat(self, offset)

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
        """Matrices with these diagonals (torch.diag_embed)."""
        return windows.diag_embed(self, offset, dim1, dim2)

    def unfold(self, dimension: int, size: int, step: int) -> Any:
        """Sliding windows along a dimension (torch.Tensor.unfold)."""
        return windows.unfold(self, dimension, size, step)

    def as_strided(self, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
        """Any sizes and strides over the memory that this tensor shares (torch.as_strided)."""
        return as_strided(self, size, stride, storage_offset)
