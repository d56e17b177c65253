"""Multi-head attention and Transformers: masks of all kinds, causal, batched and not."""

from itertools import product
from typing import Any

import numpy as np

from tests.engine.nn.catalogue.entry import Entry

RNG = np.random.default_rng(17)
TARGET, SOURCE, EXAMPLES, FEATURES = 3, 5, 2, 6
LATER = np.triu(np.ones((TARGET, TARGET), bool), 1)
PADDING = np.array([[False, False, True, False, True], [False, True, False, False, False]])
MINUS_INFINITY = np.where(PADDING, -np.inf, 0.0)

OPTIONS: list[dict[str, Any]] = [
    {},
    {"bias": False},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"add_bias_kv": True, "add_zero_attn": True, "batch_first": True},
    {"kdim": 4, "vdim": 7},
    {"kdim": 4, "bias": False, "batch_first": True, "add_bias_kv": True},
]
MASKS = ["none", "2d bool", "2d float", "3d bool", "3d float"]
WEIGHTS = [(True, True), (True, False), (False, True)]


def attending(needed: bool, averaged: bool) -> Any:
    """A call that asks for weights or not, averaged over the heads or not."""

    def call(library: Any, module: Any, query: Any, key: Any, value: Any, mask: Any = None, padding: Any = None) -> Any:
        return module(query, key, value, padding, needed, mask, averaged)

    return call


def _attention(options: dict[str, Any], masks: str, needed: bool, averaged: bool) -> Entry:
    sizes = FEATURES, options.get("kdim", FEATURES), options.get("vdim", FEATURES)
    batched = [(EXAMPLES, length) if options.get("batch_first") else (length, EXAMPLES) for length in (TARGET, SOURCE)]
    shapes = [batched[0], batched[1], batched[1]]
    arrays: list[np.ndarray] = [RNG.normal(size=(*shape, size)) for shape, size in zip(shapes, sizes, strict=True)]
    if masks != "none":
        shape = (TARGET, SOURCE) if "2d" in masks else (EXAMPLES * 2, TARGET, SOURCE)
        mask = np.asarray(RNG.uniform(size=shape) > 0.7 if "bool" in masks else RNG.normal(size=shape))
        mask[..., 0] = 0
        arrays += [mask, PADDING if "bool" in masks else MINUS_INFINITY]
    label = f"{masks} weights={needed} averaged={averaged}"
    call = attending(needed, averaged)
    return Entry("MultiheadAttention", (FEATURES, 2), options, tuple(arrays), call, constants=(4,), label=label)


def causal(library: Any, module: Any, x: Any, mask: Any) -> Any:
    """Attention to oneself and to what came before."""
    return module(x, x, x, need_weights=False, attn_mask=mask, is_causal=True)


def one_alone(library: Any, module: Any, x: Any, memory: Any, padding: Any) -> Any:
    """Attention without a batch, some of the memory being padding."""
    return module(x, memory, memory, padding, average_attn_weights=False)


ATTENTION = [
    *(_attention(options, masks, *weights) for options, masks, weights in product(OPTIONS, MASKS, WEIGHTS)),
    Entry("MultiheadAttention", (FEATURES, 3), {}, (RNG.normal(size=(TARGET, FEATURES)), LATER), causal),
    Entry("MultiheadAttention", (FEATURES, 3), {}, (RNG.normal(size=(TARGET, EXAMPLES, FEATURES)), LATER), causal),
    Entry(
        "MultiheadAttention",
        (FEATURES, 3),
        {},
        (RNG.normal(size=(TARGET, FEATURES)), RNG.normal(size=(SOURCE, FEATURES)), PADDING[0]),
        one_alone,
    ),
]

STYLES: list[dict[str, Any]] = [
    {},
    {"norm_first": True, "activation": "gelu"},
    {"batch_first": True, "layer_norm_eps": 0.1},
    {"bias": False, "norm_first": True, "batch_first": True},
]


def _later(library: Any, like: Any) -> Any:
    return library.nn.Transformer.generate_square_subsequent_mask(TARGET, dtype=like.dtype)


def encode(library: Any, module: Any, x: Any, padding: Any = None) -> Any:
    """An encoder, some of its input being padding."""
    return module(x, src_key_padding_mask=padding)


def decode(library: Any, module: Any, x: Any, memory: Any, padding: Any = None) -> Any:
    """A decoder, which looks back alone where some of the memory is padding."""
    mask = None if padding is None else _later(library, x)
    return module(x, memory, tgt_mask=mask, memory_key_padding_mask=padding)


def translate(library: Any, module: Any, x: Any, y: Any, padding: Any = None) -> Any:
    """Both of them."""
    mask = None if padding is None else _later(library, y)
    return module(x, y, tgt_mask=mask, src_key_padding_mask=padding)


def _transformers(style: dict[str, Any], padding: tuple[np.ndarray, ...]) -> list[Entry]:
    first = bool(style.get("batch_first"))
    source, target = (
        RNG.normal(size=(EXAMPLES, length, FEATURES) if first else (length, EXAMPLES, FEATURES))
        for length in (SOURCE, TARGET)
    )
    sizes = {"dim_feedforward": 7, "dropout": 0.0, **style}
    whole = {"num_encoder_layers": 2, "num_decoder_layers": 2, **sizes}
    heads = (FEATURES, 2)
    return [
        Entry("TransformerEncoderLayer", heads, sizes, (source, *padding), encode, constants=(1,)),
        Entry("TransformerDecoderLayer", heads, sizes, (target, source, *padding), decode, constants=(2,)),
        Entry("Transformer", heads, whole, (source, target, *padding), translate, constants=(2,)),
    ]


def encoder(library: Any) -> Any:
    """A stack with an activation of one's own and a last norm."""
    layer = library.nn.TransformerEncoderLayer(FEATURES, 2, 7, 0.0, library.tanh)
    return library.nn.TransformerEncoder(layer, 3, library.nn.LayerNorm(FEATURES))


def decoder(library: Any) -> Any:
    """A stack of decoders without a last norm."""
    return library.nn.TransformerDecoder(library.nn.TransformerDecoderLayer(FEATURES, 2, 7, 0.0), 2)


STACKS = [
    Entry("TransformerEncoder", (), {}, (RNG.normal(size=(SOURCE, EXAMPLES, FEATURES)),), build=encoder),
    Entry("TransformerEncoder", (), {}, (RNG.normal(size=(SOURCE, FEATURES)),), build=encoder),
    Entry(
        "TransformerDecoder",
        (),
        {},
        tuple(RNG.normal(size=(length, EXAMPLES, FEATURES)) for length in (TARGET, SOURCE)),
        build=decoder,
    ),
]

ENTRIES = [
    *ATTENTION,
    *(each for style, padding in product(STYLES, ((), (MINUS_INFINITY,))) for each in _transformers(style, padding)),
    *STACKS,
]
