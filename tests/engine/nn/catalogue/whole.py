"""All entries, the classes that have none with the reason, and the warnings that PyTorch gives on the way."""

from collections.abc import Callable
from typing import Any

from tests.engine.nn.catalogue import (
    attention,
    containers,
    convolutions,
    embedding,
    images,
    losses,
    normalisation,
    sequences,
    simple,
)
from tests.engine.nn.catalogue.entry import Entry

CATALOGUE: list[Entry] = [
    *simple.ENTRIES,
    *convolutions.ENTRIES,
    *images.ENTRIES,
    *normalisation.ENTRIES,
    *sequences.ENTRIES,
    *attention.ENTRIES,
    *embedding.ENTRIES,
    *losses.ENTRIES,
    *containers.ENTRIES,
]

# What other modules are made from, and what cannot be run itself: how to make one of each.
ABSTRACT: dict[str, Callable[[Any], Any]] = {
    "Module": lambda library: library.nn.Module(),
    "RNNBase": lambda library: library.nn.RNNBase(*(("GRU",) if library.__name__ == "torch" else ()), 3, 6),
    "RNNCellBase": lambda library: library.nn.RNNCellBase(3, 6, True, 2),
}

WARNINGS = (
    "ignore:Using padding='same'",
    "ignore:LSTM with projections is not supported with oneDNN:UserWarning",
    "ignore:enable_nested_tensor",
    "ignore:reduction. 'mean' divides the total loss:UserWarning",
    "ignore:Lazy modules are a new feature:UserWarning",
    "ignore:`NLLLoss2d` has been deprecated:FutureWarning",
    "ignore:RNN module weights are not part of single contiguous chunk",
)
