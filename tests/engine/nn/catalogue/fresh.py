"""Modules with parameters, wide enough that how they are drawn shows."""

from typing import Any

WIDE: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("Linear", (300, 200), {}),
    ("Bilinear", (40, 30, 50), {}),
    ("PReLU", (50,), {}),
    ("PReLU", (5, 0.1), {}),
    *((f"Conv{rank}d", (48, 60, 3), {"groups": 4}) for rank in (1, 2, 3)),
    *((f"ConvTranspose{rank}d", (60, 48, 3), {"groups": 4}) for rank in (1, 2, 3)),
    *((f"BatchNorm{rank}d", (50,), {}) for rank in (1, 2, 3)),
    *((f"InstanceNorm{rank}d", (50,), {"affine": True, "track_running_stats": True}) for rank in (1, 2, 3)),
    ("GroupNorm", (5, 50), {}),
    ("LayerNorm", (50,), {}),
    ("RMSNorm", (50,), {}),
    ("Embedding", (200, 100), {"padding_idx": 3}),
    ("EmbeddingBag", (200, 100), {"padding_idx": 3}),
    *((name, (90, 80), {"num_layers": 2, "bidirectional": True}) for name in ("RNN", "LSTM", "GRU")),
    ("LSTM", (90, 80), {"proj_size": 30}),
    *((name, (90, 80), {}) for name in ("RNNCell", "LSTMCell", "GRUCell")),
    ("MultiheadAttention", (120, 4), {"add_bias_kv": True}),
    ("MultiheadAttention", (120, 4), {"kdim": 90, "vdim": 100}),
    ("TransformerEncoderLayer", (120, 4, 150), {}),
    ("TransformerDecoderLayer", (120, 4, 150), {}),
    ("Transformer", (80, 4, 2, 2, 90), {}),
    ("AdaptiveLogSoftmaxWithLoss", (120, 200, [50, 100]), {"head_bias": True}),
    ("LinearCrossEntropyLoss", (120, 100), {"bias": True}),
]

# With the shape of a first input.
LAZY: list[tuple[str, tuple[Any, ...], tuple[int, ...]]] = [
    ("LazyLinear", (200,), (2, 300)),
    *((f"LazyConv{rank}d", (60, 3), (1, 48, *[3] * rank)) for rank in (1, 2, 3)),
    *((f"LazyConvTranspose{rank}d", (48, 3), (1, 60, *[3] * rank)) for rank in (1, 2, 3)),
    *((f"Lazy{kind}Norm{rank}d", (), (2, 6, *[3] * rank)) for kind in ("Batch", "Instance") for rank in (1, 2, 3)),
]
