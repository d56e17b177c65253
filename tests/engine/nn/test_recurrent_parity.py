"""Recurrent layers and cells beside PyTorch's: outputs, last states and all gradients, over a grid of arguments."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from engine import nn
from engine.backend.dtype import as_dtype
from engine.creation import tensor
from tests.engine.nn.torch_twins import TOLERANCE, assert_equal, same_weights

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.parity,
    pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN:UserWarning"),
]

STEPS, BATCH, INPUT, HIDDEN = 5, 4, 3, 6
RNG = np.random.default_rng(8)
SEQUENCE = RNG.normal(size=(STEPS, BATCH, INPUT))
LENGTHS = [5, 3, 3, 1]
MIXED_LENGTHS = [3, 1, 5, 3]

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu"}),
    ("LSTM", {}),
    ("LSTM", {"proj_size": 2}),
    ("GRU", {}),
]
SHAPES = [
    {"num_layers": layers, "bidirectional": both, "bias": bias}
    for layers, both, bias in product((1, 2, 3), (False, True), (True, False))
]


def twins(name: str, options: dict[str, Any], dtype: str) -> tuple[Any, Any]:
    ours, theirs = getattr(nn, name)(INPUT, HIDDEN, **options), getattr(torch.nn, name)(INPUT, HIDDEN, **options)
    assert repr(ours) == repr(theirs)
    ours.to(as_dtype(dtype))
    theirs.to(getattr(torch, dtype))
    same_weights(ours, theirs)
    return ours, theirs


def initial(name: str, options: dict[str, Any], batch: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    sizes = [options.get("proj_size", HIDDEN), HIDDEN][: 2 if name == "LSTM" else 1]
    return [rng.normal(size=(layers, *batch, size)) for size in sizes]


def flat(outputs: Any) -> list[Any]:
    """The output and the parts of the last state; the data of packed sequences."""
    output, state = outputs
    data = output.data if hasattr(output, "batch_sizes") else output
    return [data, *(state if isinstance(state, tuple) else (state,))]


def assert_same(ours: Any, theirs: Any, run: Any, arrays: list[np.ndarray], dtype: str) -> None:
    """`run(library, make, layer, *tensors)` gives the same on both sides, and the same gradients."""
    limit = TOLERANCE[dtype]
    cast = [each.astype(dtype) for each in arrays]
    mine = [tensor(each, requires_grad=True) for each in cast]
    its = [torch.tensor(each, requires_grad=True) for each in cast]
    answers, expected = flat(run(nn, ours, *mine)), flat(run(torch.nn, theirs, *its))
    total: Any = 0
    right: Any = 0
    for number, (one, other) in enumerate(zip(answers, expected, strict=True)):
        assert tuple(one.shape) == tuple(other.shape)
        assert_equal(one, other, limit, f"output {number}")
        weights = np.random.default_rng(number).normal(size=tuple(other.shape)).astype(dtype)
        total, right = total + (one * tensor(weights)).sum(), right + (other * torch.tensor(weights)).sum()
    total.backward()
    right.backward()
    for number, (one, other) in enumerate(zip(mine, its, strict=True)):
        assert_equal(one.grad, other.grad, limit, f"gradient of input {number}")
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert_equal(one.grad, other.grad, limit, f"gradient of {name}")


def state_of(parts: tuple[Any, ...]) -> Any:
    return None if not parts else parts[0] if len(parts) == 1 else parts


def call(library: Any, layer: Any, input: Any, *parts: Any) -> Any:
    return layer(input, state_of(parts)) if parts else layer(input)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda each: "-".join(map(str, each.values())))
@pytest.mark.parametrize(("name", "options"), KINDS, ids=lambda each: str(each))
def test_padded_sequences(name: str, options: dict[str, Any], shape: dict[str, Any], dtype: str) -> None:
    options = options | shape
    assert_same(*twins(name, options, dtype), call, [SEQUENCE], dtype)
    given = [SEQUENCE.transpose(1, 0, 2).copy(), *initial(name, options, (BATCH,))]
    assert_same(*twins(name, options | {"batch_first": True}, dtype), call, given, dtype)


@pytest.mark.parametrize("shape", SHAPES[:4], ids=lambda each: "-".join(map(str, each.values())))
@pytest.mark.parametrize(("name", "options"), KINDS, ids=lambda each: str(each))
def test_one_sequence(name: str, options: dict[str, Any], shape: dict[str, Any]) -> None:
    options = options | shape
    assert_same(*twins(name, options, "float64"), call, [SEQUENCE[:, 0]], "float64")
    given = [SEQUENCE[:, 0], *initial(name, options, ())]
    assert_same(*twins(name, options | {"batch_first": True}, "float64"), call, given, "float64")


@pytest.mark.parametrize("sorted_before", [True, False])
@pytest.mark.parametrize("with_state", [True, False])
@pytest.mark.parametrize("shape", SHAPES[:6], ids=lambda each: "-".join(map(str, each.values())))
@pytest.mark.parametrize(("name", "options"), KINDS, ids=lambda each: str(each))
def test_packed_sequences(
    name: str, options: dict[str, Any], shape: dict[str, Any], with_state: bool, sorted_before: bool
) -> None:
    options = options | shape
    lengths = LENGTHS if sorted_before else MIXED_LENGTHS

    def run(library: Any, layer: Any, input: Any, *parts: Any) -> Any:
        pack = library.utils.rnn.pack_padded_sequence
        return call(library, layer, pack(input, lengths, enforce_sorted=sorted_before), *parts)

    given = [SEQUENCE, *(initial(name, options, (BATCH,)) if with_state else [])]
    assert_same(*twins(name, options, "float64"), run, given, "float64")


@pytest.mark.parametrize("training", [True, False])
def test_dropout_of_zero_and_evaluation(training: bool) -> None:
    options = {"num_layers": 2, "dropout": 0.0 if training else 0.5}
    ours, theirs = twins("LSTM", options, "float64")
    assert_same(ours.train(training), theirs.train(training), call, [SEQUENCE], "float64")


CELLS: list[tuple[str, dict[str, Any]]] = [
    (name, options | {"bias": bias})
    for name, options in [("RNNCell", {}), ("RNNCell", {"nonlinearity": "relu"}), ("LSTMCell", {}), ("GRUCell", {})]
    for bias in (True, False)
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch", [(BATCH,), ()], ids=["batch", "single"])
@pytest.mark.parametrize("with_state", [True, False])
@pytest.mark.parametrize(("name", "options"), CELLS, ids=lambda each: str(each))
def test_cells(name: str, options: dict[str, Any], with_state: bool, batch: tuple[int, ...], dtype: str) -> None:
    def run(library: Any, cell: Any, input: Any, *parts: Any) -> Any:
        output = call(library, cell, input, *parts)
        return output if isinstance(output, tuple) else (output, output * 2)

    states = [RNG.normal(size=(*batch, HIDDEN)) for _ in range(2 if name == "LSTMCell" else 1)]
    given = [RNG.normal(size=(*batch, INPUT)), *(states if with_state else [])]
    assert_same(*twins(name, options, dtype), run, given, dtype)


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, "float32")


REFUSED: list[tuple[str, tuple[np.ndarray, ...]]] = [
    ("LSTM", (zeros(3),)),
    ("LSTM", (zeros(3, 2, 4),)),
    ("LSTM", (zeros(3, 2, 3), zeros(1, 2, 3), zeros(1, 2, 6))),
    ("LSTM", (zeros(3, 2, 3), zeros(1, 2, 6), zeros(1, 2, 5))),
    ("LSTM", (zeros(3, 3), zeros(1, 2, 6), zeros(1, 2, 6))),
    ("GRU", (zeros(3, 3), zeros(1, 2, 6))),
    ("GRU", (zeros(3, 2, 3), zeros(1, 6))),
    ("GRU", (zeros(3, 2, 3), zeros(1, 3, 6))),
    ("GRU", (zeros(3, 2, 3).astype("float64"),)),
    ("GRU", (zeros(0, 2, 3),)),
    ("RNN", (zeros(1, 1, 1, 3),)),
    ("GRUCell", (zeros(2, 4),)),
    ("GRUCell", (zeros(2, 3), zeros(3, 6))),
    ("RNNCell", (zeros(2, 3), zeros(2, 5))),
    ("LSTMCell", (zeros(2, 3), zeros(2, 6), zeros(2, 5))),
    ("LSTMCell", (zeros(2, 2, 3),)),
]


@pytest.mark.parametrize(("name", "given"), REFUSED, ids=lambda each: str(getattr(each, "shape", each))[:30])
def test_what_does_not_fit_is_refused_as_in_pytorch(name: str, given: tuple[np.ndarray, ...]) -> None:
    failures = []
    for library, make in ((nn, tensor), (torch.nn, torch.tensor)):
        with pytest.raises((RuntimeError, ValueError)) as caught:
            call(library, getattr(library, name)(INPUT, HIDDEN), *(make(each) for each in given))
        failures.append(caught.type)
    assert failures[0] is failures[1]


@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 1.5},
        {"dropout": True},
        {"bias": 1},
        {"batch_first": None},
        {"input_size": 0},
        {"hidden_size": 2.5},
        {"num_layers": 0},
        {"proj_size": -1},
        {"proj_size": HIDDEN},
    ],
)
def test_what_a_layer_may_not_be_told(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)) as theirs:
        torch.nn.LSTM(**({"input_size": INPUT, "hidden_size": HIDDEN} | options))
    with pytest.raises(theirs.type):
        nn.LSTM(**({"input_size": INPUT, "hidden_size": HIDDEN} | options))
