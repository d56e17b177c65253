"""Recurrent layers and cells: padded, packed and single sequences, with and without a first state."""

from itertools import product
from typing import Any

import numpy as np

from tests.engine.nn.catalogue.entry import Entry

STEPS, BATCH, INPUT, HIDDEN = 5, 4, 3, 6
RNG = np.random.default_rng(8)
SEQUENCE = RNG.normal(size=(STEPS, BATCH, INPUT))
TURNED = SEQUENCE.transpose(1, 0, 2).copy()
LENGTHS = {True: [5, 3, 3, 1], False: [3, 1, 5, 3]}

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


def with_state(library: Any, module: Any, input: Any, *parts: Any) -> Any:
    """The module run from its first state, which is one tensor or a pair of them."""
    return module(input, parts[0] if len(parts) == 1 else parts) if parts else module(input)


def packed(ordered: bool) -> Any:
    """A call that packs its sequences first, which are sorted by length or not."""

    def call(library: Any, module: Any, input: Any, *parts: Any) -> Any:
        pack = library.nn.utils.rnn.pack_padded_sequence
        return with_state(library, module, pack(input, LENGTHS[ordered], enforce_sorted=ordered), *parts)

    return call


def first_state(name: str, options: dict[str, Any], batch: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """The first state of each layer and direction, and of memory for LSTM."""
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    sizes = [options.get("proj_size", HIDDEN), HIDDEN][: 2 if name == "LSTM" else 1]
    return tuple(RNG.normal(size=(layers, *batch, size)) for size in sizes)


def _grid(name: str, options: dict[str, Any]) -> list[Entry]:
    def made(given: dict[str, Any], input: np.ndarray, *state: np.ndarray, **rest: Any) -> Entry:
        return Entry(name, (INPUT, HIDDEN), given, (input, *state), **({"call": with_state} | rest))

    first = options | {"batch_first": True}
    return [
        made(options, SEQUENCE),
        made(first, TURNED, *first_state(name, options, (BATCH,))),
        made(options, SEQUENCE[:, 0]),
        made(first, SEQUENCE[:, 0], *first_state(name, options, ())),
        made(options, SEQUENCE, call=packed(True), label="packed"),
        made(options, SEQUENCE, *first_state(name, options, (BATCH,)), call=packed(False), label="packed, unsorted"),
    ]


LAYERS = [each for (name, kind), shape in product(KINDS, SHAPES) for each in _grid(name, kind | shape)]

DROPOUT = [
    Entry(name, (INPUT, HIDDEN), {"num_layers": 2, "dropout": chance}, (SEQUENCE,), modes=modes)
    for name in ("RNN", "LSTM", "GRU")
    for chance, modes in ((0.0, (True, False)), (0.5, (False,)))
]

CELLS = [
    Entry(name, (INPUT, HIDDEN), options | {"bias": bias}, (RNG.normal(size=(*batch, INPUT)), *states), with_state)
    for name, options in (
        ("RNNCell", {}),
        ("RNNCell", {"nonlinearity": "relu"}),
        ("LSTMCell", {}),
        ("GRUCell", {}),
    )
    for bias in (True, False)
    for batch in ((BATCH,), ())
    for states in ((), tuple(RNG.normal(size=(*batch, HIDDEN)) for _ in range(2 if name == "LSTMCell" else 1)))
]

ENTRIES = [*LAYERS, *DROPOUT, *CELLS]
