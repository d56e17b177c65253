"""MultiheadAttention: several heads look at the same inputs, each through projections of its own."""

from __future__ import annotations

from typing import Any

from engine.creation import empty
from engine.nn.functional.multi_head_attention import multi_head_attention_forward
from engine.nn.init import xavier_normal_, xavier_uniform_, zeros_
from engine.nn.layers.linear import Linear
from engine.nn.module import Module
from engine.nn.parameter import Parameter


class MultiheadAttention(Module):
    """softmax(QKᵀ / √d) V in `num_heads` heads of d = embed_dim / num_heads, joined and projected.

    Inputs are [L, N, E] and [S, N, ...], with `batch_first` [N, L, E] and [N, S, ...], or without N for one example;
    keys have `kdim` features and values `vdim`, `embed_dim` by default. As torch.nn.MultiheadAttention; Vaswani et al.
    2017, section 3.2.2. Raises ValueError or AssertionError for sizes that do not fit.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads}"
            )
        super().__init__()
        if embed_dim % num_heads:
            raise AssertionError(f"embed_dim must be divisible by num_heads: {embed_dim} by {num_heads}")
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.num_heads = num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.add_zero_attn = add_zero_attn
        options: dict[str, Any] = {"device": device, "dtype": dtype}

        def wanted(condition: bool, *size: int) -> Parameter | None:
            return Parameter(empty(*size, **options)) if condition else None

        packed = self._packed
        self.register_parameter("q_proj_weight", wanted(not packed, embed_dim, embed_dim))
        self.register_parameter("k_proj_weight", wanted(not packed, embed_dim, self.kdim))
        self.register_parameter("v_proj_weight", wanted(not packed, embed_dim, self.vdim))
        self.register_parameter("in_proj_weight", wanted(packed, 3 * embed_dim, embed_dim))
        self.register_parameter("in_proj_bias", wanted(bias, 3 * embed_dim))
        self.out_proj = Linear(embed_dim, embed_dim, bias, device, dtype)
        self.register_parameter("bias_k", wanted(add_bias_kv, 1, 1, embed_dim))
        self.register_parameter("bias_v", wanted(add_bias_kv, 1, 1, embed_dim))
        self.reset_parameters()

    @property
    def _packed(self) -> bool:
        """Whether query, key and value have one weight for all of their projections."""
        return self.kdim == self.vdim == self.embed_dim

    def reset_parameters(self) -> None:
        """Draw the projections of query, key and value anew; their bias and that of the output become zeros."""
        for each in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if each is not None:
                xavier_uniform_(each)
        for each in (self.in_proj_bias, self.out_proj.bias):
            if each is not None:
                zeros_(each)
        for each in (self.bias_k, self.bias_v):
            if each is not None:
                xavier_normal_(each)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        swapped = self.batch_first and query.ndim == 3
        if swapped:
            # What is the same tensor stays one: it is projected once.
            views = {id(each): each.transpose(0, 1) for each in (query, key, value)}
            query, key, value = (views[id(each)] for each in (query, key, value))
        output, weights = multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            self.training,
            key_padding_mask,
            need_weights,
            attn_mask,
            not self._packed,
            self.q_proj_weight,
            self.k_proj_weight,
            self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return (output.transpose(0, 1) if swapped else output), weights
