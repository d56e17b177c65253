"""Transformer: stacks of encoder and decoder layers, and both as one model."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from engine.nn.containers import ModuleList
from engine.nn.functional.activation import relu
from engine.nn.functional.attention_mask import added_mask, causal_mask, is_causal_mask
from engine.nn.init import xavier_uniform_
from engine.nn.layers.layer_norm import LayerNorm
from engine.nn.layers.transformer_layer import Activation, TransformerDecoderLayer, TransformerEncoderLayer
from engine.nn.module import Module


def _copies(layer: Module, count: int) -> ModuleList:
    return ModuleList([deepcopy(layer) for _ in range(count)])


def _length(input: Any, layers: ModuleList) -> int:
    """How many places a sequence has: [S, E], [S, N, E] or, with the batch first, [N, S, E]."""
    batch_first = input.ndim == 3 and layers[0].self_attn.batch_first
    return int(input.shape[1 if batch_first else 0])


class TransformerEncoder(Module):
    """`num_layers` copies of a layer, one after the other, and a norm if one is given (torch.nn.TransformerEncoder).

    All start with the weights of `encoder_layer`. `enable_nested_tensor` and `mask_check` are taken for PyTorch's sake
    and change nothing: tensors are never nested.
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Any:
        padding = added_mask(src_key_padding_mask, "src_key_padding_mask", src.dtype, mask, "mask")
        mask = added_mask(mask, "mask", src.dtype)
        causal = is_causal_mask(mask, is_causal, _length(src, self.layers))
        output = src
        for layer in self.layers:
            output = layer(output, src_mask=mask, src_key_padding_mask=padding, is_causal=causal)
        return output if self.norm is None else self.norm(output)


class TransformerDecoder(Module):
    """`num_layers` copies of a layer, one after the other, and a norm if one is given (torch.nn.TransformerDecoder).

    All start with the weights of `decoder_layer`.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        causal = is_causal_mask(tgt_mask, tgt_is_causal, _length(tgt, self.layers))
        output = tgt
        for layer in self.layers:
            output = layer(
                output,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return output if self.norm is None else self.norm(output)


class Transformer(Module):
    """An encoder of the source, and a decoder of the target that looks at what was encoded (torch.nn.Transformer).

    Source and target are [S, N, E] and [T, N, E], with `batch_first` [N, S, E] and [N, T, E], or without N for one
    example; the output has the target's shape. Boolean masks are true where nothing may look, others are added to the
    scores. Raises RuntimeError for batches or features that do not fit. Vaswani et al. 2017.
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Activation = relu,
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        options: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        sizes = d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first
        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*sizes, **options),
            num_encoder_layers,
            LayerNorm(d_model, layer_norm_eps, **options),
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*sizes, **options),
            num_decoder_layers,
            LayerNorm(d_model, layer_norm_eps, **options),
        )
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw every matrix anew."""
        for each in self.parameters():
            if each.ndim > 1:
                xavier_uniform_(each)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Any:
        self._check(src, tgt)
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    def _check(self, src: Any, tgt: Any) -> None:
        shapes = f"shapes {list(src.shape)} and {list(tgt.shape)}"
        examples = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[examples] != tgt.shape[examples]:
            raise RuntimeError(f"the batch number of src and tgt must be equal: {shapes}")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError(f"the feature number of src and tgt must be equal to d_model, {self.d_model}: {shapes}")

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Any:
        """[sz, sz] with -inf above the diagonal and 0 elsewhere: nothing looks at what comes later."""
        return causal_mask(sz, device, dtype)
