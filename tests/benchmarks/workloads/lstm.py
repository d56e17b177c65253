"""A character model: an embedding, stacked LSTM layers, and scores of the next character at each place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.workloads.products import Product, linear
from tests.benchmarks.workloads.workload import Arrays, Workload


@dataclass(frozen=True)
class LSTM(Workload):
    """`layers` of `width` over `tokens` steps of a text."""

    layers: int = 2
    width: int = 256
    tokens: int = 64
    vocabulary: int = 65

    def networks(self, torch: Any) -> tuple[Any, ...]:
        nn, made = torch.nn, self

        class Network(torch.nn.Module):
            """Scores of shape (batch, tokens, vocabulary)."""

            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(made.vocabulary, made.width)
                self.lstm = nn.LSTM(made.width, made.width, num_layers=made.layers, batch_first=True)
                self.head = nn.Linear(made.width, made.vocabulary)

            def forward(self, tokens: Any) -> Any:
                outputs, _ = self.lstm(self.embedding(tokens))
                return self.head(outputs)

        return (Network(),)

    def arrays(self, draw: np.random.Generator) -> Arrays:
        text = draw.integers(self.vocabulary, size=(self.batch, self.tokens + 1))
        return np.ascontiguousarray(text[:, :-1]), np.ascontiguousarray(text[:, 1:])

    def loss(self, torch: Any, network: Any, inputs: Any, targets: Any) -> Any:
        return torch.nn.functional.cross_entropy(network(inputs).flatten(0, 1), targets.flatten())

    def products(self) -> list[Product]:
        rows, gates = self.batch * self.tokens, 4 * self.width
        inputs = linear(rows, self.width, gates, times=self.layers)
        # The state goes through its weights once a token, and its gradient back, but not to the first state; the
        # gradient of the weights is one product over all tokens.
        states = [
            Product(self.batch, self.width, gates, self.layers * self.tokens),
            Product(self.batch, gates, self.width, self.layers * (self.tokens - 1)),
            Product(gates, rows, self.width, self.layers),
        ]
        return [*inputs, *states, *linear(rows, self.width, self.vocabulary)]
