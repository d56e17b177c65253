"""One layer of a Transformer: attention, then a small network at each place, both added to what went in and normed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.nn.functional.activation import gelu, relu
from engine.nn.functional.attention_mask import added_mask
from engine.nn.layers.dropout import Dropout
from engine.nn.layers.layer_norm import LayerNorm
from engine.nn.layers.linear import Linear
from engine.nn.layers.multihead_attention import MultiheadAttention
from engine.nn.module import Module

Activation = Callable[[Any], Any]
ACTIVATIONS: dict[str, Activation] = {"relu": relu, "gelu": gelu}


def named_activation(activation: str | Activation) -> Activation:
    """The function itself, or the one of that name; raises RuntimeError for a name that is neither relu nor gelu."""
    if not isinstance(activation, str):
        return activation
    if activation not in ACTIVATIONS:
        raise RuntimeError(f"activation should be {' or '.join(ACTIVATIONS)} or a function, not {activation!r}")
    return ACTIVATIONS[activation]


class TransformerEncoderLayer(Module):
    """x ← norm(x + attention(x)); x ← norm(x + W₂ activation(W₁ x)): torch.nn.TransformerEncoderLayer.

    With `norm_first` the norms stand before attention and network instead, inside of the sums. Inputs are [S, N, E],
    with `batch_first` [N, S, E]. Vaswani et al. 2017, section 3.1; Xiong et al. 2020 for `norm_first`.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        options: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **options)
        self.linear1 = Linear(d_model, dim_feedforward, **options)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **options)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, **options)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, **options)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = named_activation(activation)

    def forward(self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False) -> Any:
        padding = added_mask(src_key_padding_mask, "src_key_padding_mask", src.dtype, src_mask, "src_mask")
        mask = added_mask(src_mask, "src_mask", src.dtype)
        if self.norm_first:
            x = src + self._look(self.norm1(src), mask, padding, is_causal)
            return x + self._think(self.norm2(x))
        x = self.norm1(src + self._look(src, mask, padding, is_causal))
        return self.norm2(x + self._think(x))

    def _look(self, x: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        return self.dropout1(self.self_attn(x, x, x, padding, False, mask, is_causal=is_causal)[0])

    def _think(self, x: Any) -> Any:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerDecoderLayer(Module):
    """As an encoder layer, with attention over the encoder's output between the two: torch.nn.TransformerDecoderLayer.

    Inputs are [T, N, E] and, from the encoder, [S, N, E], with `batch_first` [N, T, E] and [N, S, E].
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        options: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **options)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **options)
        self.linear1 = Linear(d_model, dim_feedforward, **options)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **options)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, **options)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, **options)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, **options)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = named_activation(activation)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        own = tgt_mask, tgt_key_padding_mask, tgt_is_causal
        encoded = memory_mask, memory_key_padding_mask, memory_is_causal
        if self.norm_first:
            x = tgt + self._look(self.norm1(tgt), *own)
            x = x + self._look_back(self.norm2(x), memory, *encoded)
            return x + self._think(self.norm3(x))
        x = self.norm1(tgt + self._look(tgt, *own))
        x = self.norm2(x + self._look_back(x, memory, *encoded))
        return self.norm3(x + self._think(x))

    def _look(self, x: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        return self.dropout1(self.self_attn(x, x, x, padding, False, mask, is_causal=is_causal)[0])

    def _look_back(self, x: Any, memory: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
        return self.dropout2(self.multihead_attn(x, memory, memory, padding, False, mask, is_causal=is_causal)[0])

    def _think(self, x: Any) -> Any:
        return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))
