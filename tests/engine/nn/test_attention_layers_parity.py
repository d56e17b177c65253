"""Multi-head attention and Transformers beside PyTorch's: weights, outputs, gradients, masks of all kinds."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.backend.dtype import as_dtype
from tests.engine.nn.torch_twins import TOLERANCE, assert_equal, same_weights, tensors

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity

RNG = np.random.default_rng(17)
TARGET, SOURCE, EXAMPLES, FEATURES = 3, 5, 2, 6
LATER = np.triu(np.ones((TARGET, TARGET), bool), 1)
PADDING = np.array([[False, False, True, False, True], [False, True, False, False, False]])


def twins(name: str, *args: Any, **options: Any) -> tuple[Any, Any]:
    """A module of ours and PyTorch's, whose weights are all drawn anew."""
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, 0.1, 0.4)
    return ours, theirs


def flat(results: Any) -> Iterator[Any]:
    """The tensors among results."""
    return (each for each in (results if isinstance(results, tuple) else (results,)) if each is not None)


def compare_calls(
    ours: Any, theirs: Any, call: Callable[..., Any], arrays: list[np.ndarray], dtype: str, constants: Any = ()
) -> None:
    """Outputs, the gradients of inputs and of parameters are equal; `call(library, module, *tensors)` runs a module."""
    limit = TOLERANCE[dtype]
    ours.to(as_dtype(dtype))
    theirs.to(getattr(torch, dtype))
    same_weights(ours, theirs)
    mine, its = (tensors(make, arrays, dtype, constants) for make in (engine.tensor, torch.tensor))
    results, expected = list(flat(call(engine, ours, *mine))), list(flat(call(torch, theirs, *its)))
    assert len(results) == len(expected)
    total: Any = 0
    right: Any = 0
    for result, wanted in zip(results, expected, strict=True):
        assert tuple(result.shape) == tuple(wanted.shape)
        assert_equal(result, wanted, limit, "output")
        cotangent = np.random.default_rng(3).normal(size=tuple(wanted.shape)).astype(dtype)
        total = total + (result * engine.tensor(cotangent)).sum()
        right = right + (wanted * torch.tensor(cotangent)).sum()
    total.backward()
    right.backward()
    for position, (one, other) in enumerate(zip(mine, its, strict=True)):
        if other.grad is not None:
            assert_equal(one.grad, other.grad, limit, f"gradient of input {position}")
    for (name, parameter), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert_equal(parameter.grad, other.grad, limit, f"gradient of {name}")


def both_modes(
    ours: Any, theirs: Any, call: Callable[..., Any], arrays: list[np.ndarray], dtype: str, constants: Any = ()
) -> None:
    """Training and then evaluating."""
    compare_calls(ours, theirs, call, arrays, dtype, constants)
    ours.zero_grad()
    theirs.zero_grad()
    compare_calls(ours.eval(), theirs.eval(), call, arrays, dtype, constants)


ATTENTION = [
    {},
    {"bias": False},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"add_bias_kv": True, "add_zero_attn": True, "batch_first": True},
    {"kdim": 4, "vdim": 7},
    {"kdim": 4, "bias": False, "batch_first": True, "add_bias_kv": True},
]
MASKS = [None, "2d bool", "2d float", "3d bool", "3d float"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("masks", MASKS)
@pytest.mark.parametrize("options", ATTENTION, ids=str)
def test_multihead_attention(options: dict[str, Any], masks: str | None, dtype: str) -> None:
    ours, theirs = twins("MultiheadAttention", FEATURES, 2, **options)
    sizes = FEATURES, options.get("kdim", FEATURES), options.get("vdim", FEATURES)
    lengths = TARGET, SOURCE, SOURCE
    batched = [(EXAMPLES, length) if options.get("batch_first") else (length, EXAMPLES) for length in lengths]
    arrays: list[np.ndarray] = [RNG.normal(size=(*shape, size)) for shape, size in zip(batched, sizes, strict=True)]
    if masks:
        shape = (TARGET, SOURCE) if "2d" in masks else (EXAMPLES * 2, TARGET, SOURCE)
        arrays.append(RNG.uniform(size=shape) > 0.7 if "bool" in masks else RNG.normal(size=shape))
        arrays[3][..., 0] = 0
        arrays.append(PADDING if "bool" in masks else np.where(PADDING, -np.inf, 0.0))

    for needed, averaged in ((True, True), (True, False), (False, True)):

        def call(library: Any, module: Any, query: Any, key: Any, value: Any, *given: Any) -> Any:
            mask, padding = given or (None, None)
            return module(query, key, value, padding, needed, mask, averaged)  # noqa: B023

        ours.zero_grad()
        theirs.zero_grad()
        both_modes(ours.train(), theirs.train(), call, arrays, dtype, constants=(4,))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_multihead_attention_to_itself_causally_and_without_a_batch(dtype: str) -> None:
    ours, theirs = twins("MultiheadAttention", FEATURES, 3)

    def causal(library: Any, module: Any, x: Any, mask: Any) -> Any:
        return module(x, x, x, need_weights=False, attn_mask=mask, is_causal=True)

    both_modes(ours, theirs, causal, [RNG.normal(size=(TARGET, FEATURES)), LATER], dtype)
    both_modes(ours, theirs, causal, [RNG.normal(size=(TARGET, EXAMPLES, FEATURES)), LATER], dtype)

    def alone(library: Any, module: Any, x: Any, memory: Any, padding: Any) -> Any:
        return module(x, memory, memory, padding, average_attn_weights=False)

    arrays = [RNG.normal(size=(TARGET, FEATURES)), RNG.normal(size=(SOURCE, FEATURES)), PADDING[0]]
    both_modes(ours, theirs, alone, arrays, dtype)


STYLES = [
    {},
    {"norm_first": True, "activation": "gelu"},
    {"batch_first": True, "layer_norm_eps": 0.1},
    {"bias": False, "norm_first": True, "batch_first": True},
]


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("options", STYLES, ids=str)
def test_transformer_and_its_parts(options: dict[str, Any], masked: bool, dtype: str) -> None:
    first = bool(options.get("batch_first"))
    source, target = (
        RNG.normal(size=(EXAMPLES, length, FEATURES) if first else (length, EXAMPLES, FEATURES))
        for length in (SOURCE, TARGET)
    )
    sizes = {"dim_feedforward": 7, "dropout": 0.0, **options}
    padding = np.where(PADDING, -np.inf, 0.0)

    def encode(library: Any, module: Any, x: Any, given: Any) -> Any:
        return module(x, src_key_padding_mask=given if masked else None)

    def decode(library: Any, module: Any, x: Any, memory: Any, given: Any) -> Any:
        mask = library.nn.Transformer.generate_square_subsequent_mask(TARGET, dtype=x.dtype) if masked else None
        return module(x, memory, tgt_mask=mask, memory_key_padding_mask=given if masked else None)

    def translate(library: Any, module: Any, x: Any, y: Any, given: Any) -> Any:
        mask = module.generate_square_subsequent_mask(TARGET, dtype=x.dtype) if masked else None
        return module(x, y, tgt_mask=mask, src_key_padding_mask=given if masked else None)

    both_modes(*twins("TransformerEncoderLayer", FEATURES, 2, **sizes), encode, [source, padding], dtype, (1,))
    both_modes(*twins("TransformerDecoderLayer", FEATURES, 2, **sizes), decode, [target, source, padding], dtype, (2,))
    whole = {"num_encoder_layers": 2, "num_decoder_layers": 2, **sizes}
    both_modes(*twins("Transformer", FEATURES, 2, **whole), translate, [source, target, padding], dtype, (2,))


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_stacks_with_an_activation_of_ones_own() -> None:
    def stack(library: Any) -> Any:
        layer = library.nn.TransformerEncoderLayer(FEATURES, 2, 7, 0.0, library.tanh)
        return library.nn.TransformerEncoder(layer, 3, library.nn.LayerNorm(FEATURES))

    ours, theirs = stack(engine), stack(torch)
    states = [list(each.state_dict()) for each in (ours, theirs)]
    assert states[0] == states[1]
    assert len({id(each) for each in ours.parameters()}) == len(states[0])

    def call(library: Any, module: Any, x: Any) -> Any:
        mask = library.nn.Transformer.generate_square_subsequent_mask(SOURCE, dtype=x.dtype)
        return module(x, mask)

    both_modes(ours, theirs, call, [RNG.normal(size=(SOURCE, EXAMPLES, FEATURES))], "float64")


REFUSED = [
    ("MultiheadAttention", (6, 4), {}, []),
    ("MultiheadAttention", (0, 4), {}, []),
    ("MultiheadAttention", (6, 2), {}, [(3, 2, 5), (5, 2, 6), (5, 2, 6)]),
    ("MultiheadAttention", (6, 2), {}, [(3, 2, 6), (5, 2, 6), (4, 2, 6)]),
    ("MultiheadAttention", (6, 2), {}, [(3, 2, 6), (5, 6), (5, 6)]),
    ("MultiheadAttention", (6, 2), {}, [(2, 3, 2, 6), (5, 2, 6), (5, 2, 6)]),
    ("MultiheadAttention", (6, 2), {}, [(3, 2, 6), (5, 2, 6), (5, 2, 6), (3, 5)]),
    ("TransformerEncoderLayer", (6, 2), {"activation": "tanh"}, []),
    ("Transformer", (6, 2, 1, 1, 7), {}, [(3, 2, 6), (3, 1, 6)]),
    ("Transformer", (6, 2, 1, 1, 7), {}, [(3, 2, 6), (3, 2, 4)]),
]


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize(
    ("name", "args", "options", "shapes"), REFUSED, ids=[f"{each[0]}-{each[3]}" for each in REFUSED]
)
def test_attention_refuses_what_torch_refuses(name: str, args: Any, options: Any, shapes: Any) -> None:
    def refusal(library: Any) -> type[BaseException]:
        with pytest.raises((RuntimeError, ValueError, AssertionError)) as caught:
            getattr(library.nn, name)(*args, **options)(*(library.ones(shape) for shape in shapes))
        return caught.type

    assert refusal(engine) is refusal(torch)
