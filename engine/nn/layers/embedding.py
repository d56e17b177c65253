"""Embedding: a learned table of rows, one for each number."""

from __future__ import annotations

from typing import Any, Self

from engine.autograd.modes import no_grad
from engine.creation import empty
from engine.nn.functional.embedding import embedding, embedding_bag, inside, refuse_sparse
from engine.nn.init import normal_
from engine.nn.module import Module
from engine.nn.parameter import Parameter


class _Table(Module):
    """The table of embeddings, [num_embeddings, embedding_dim], which starts as N(0, 1), the padding row as zeros."""

    def _make_table(
        self,
        name: str,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        sparse: bool,
        given: Any,
        freeze: bool,
        options: dict[str, Any],
    ) -> None:
        refuse_sparse(name, sparse)
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else inside(padding_idx, num_embeddings)
        self.sparse = sparse
        if given is not None and given.shape != (num_embeddings, embedding_dim):
            raise AssertionError(
                f"Shape of weight {list(given.shape)} does not match num_embeddings and embedding_dim "
                f"({num_embeddings}, {embedding_dim})"
            )
        table = empty(num_embeddings, embedding_dim, **options) if given is None else given
        self.weight = Parameter(table, requires_grad=not freeze)
        if given is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the table anew; the padding row becomes zeros."""
        normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)


def _table_of(name: str, embeddings: Any) -> tuple[int, int]:
    if embeddings.ndim != 2:
        raise AssertionError(
            f"{name}.from_pretrained: Embeddings parameter is expected to be 2-dimensional, "
            f"got shape {list(embeddings.shape)}"
        )
    rows, dim = embeddings.shape
    return rows, dim


class Embedding(_Table):
    """The rows that whole numbers name: [...] gives [..., embedding_dim] (torch.nn.Embedding).

    `max_norm` scales the rows that are looked up down to it, in the table; the row `padding_idx` gets no gradient;
    `scale_grad_by_freq` divides a row's gradient by how often it is named. Gradients are dense: NotImplementedError
    for `sparse`.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        options = {"device": device, "dtype": dtype}
        self._make_table("Embedding", num_embeddings, embedding_dim, padding_idx, sparse, _weight, _freeze, options)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """A layer over the memory of a given table, which learns only if it is not frozen."""
        size = _table_of("Embedding", embeddings)
        return cls(*size, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, freeze)

    def forward(self, input: Any) -> Any:
        return embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        return text + _limits(self)


class EmbeddingBag(_Table):
    """Rows that bags of whole numbers name, reduced to one row a bag: sum, mean or max (torch.nn.EmbeddingBag).

    Bags are the rows of a matrix of numbers, or pieces of a vector that begin at `offsets`; rows of `padding_idx` are
    left out. Gradients are dense: NotImplementedError for `sparse`.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Any = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.include_last_offset = include_last_offset
        options = {"device": device, "dtype": dtype}
        self._make_table("EmbeddingBag", num_embeddings, embedding_dim, padding_idx, sparse, _weight, False, options)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Any,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """A layer over the memory of a given table, which learns only if it is not frozen."""
        size = _table_of("EmbeddingBag", embeddings)
        layer = cls(
            *size, max_norm, norm_type, scale_grad_by_freq, mode, sparse, embeddings, include_last_offset, padding_idx
        )
        layer.weight.requires_grad_(not freeze)
        return layer

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        return embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}{_limits(self)}, mode={self.mode!r}"
        return text if self.padding_idx is None else f"{text}, padding_idx={self.padding_idx}"


def _limits(layer: Embedding | EmbeddingBag) -> str:
    text = "" if layer.max_norm is None else f", max_norm={layer.max_norm}"
    if layer.norm_type != 2:
        text += f", norm_type={layer.norm_type}"
    return text + (f", scale_grad_by_freq={layer.scale_grad_by_freq}" if layer.scale_grad_by_freq else "")
