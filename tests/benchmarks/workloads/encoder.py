"""A classifier of texts: embeddings, Transformer encoder layers, and the mean over tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.workloads.products import Product, attention, linear
from tests.benchmarks.workloads.workload import Arrays, Workload

CLASSES = 10


@dataclass(frozen=True)
class Encoder(Workload):
    """`layers` of `width` with `heads` and `hidden` units, over texts of `tokens`, with dropout."""

    vocabulary: int = 5000
    layers: int = 2
    width: int = 256
    heads: int = 4
    hidden: int = 1024
    tokens: int = 64
    dropout: float = 0.1

    def networks(self, torch: Any) -> tuple[Any, ...]:
        nn, made = torch.nn, self

        class Network(torch.nn.Module):
            """Scores of shape (batch, classes)."""

            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(made.vocabulary, made.width)
                self.positions = nn.Embedding(made.tokens, made.width)
                layer = nn.TransformerEncoderLayer(
                    made.width, made.heads, made.hidden, dropout=made.dropout, batch_first=True
                )
                self.encoder = nn.TransformerEncoder(layer, made.layers)
                self.head = nn.Linear(made.width, CLASSES)

            def forward(self, tokens: Any) -> Any:
                x = self.embedding(tokens) + self.positions(torch.arange(tokens.shape[1]))
                return self.head(self.encoder(x).mean(dim=1))

        return (Network(),)

    def arrays(self, draw: np.random.Generator) -> Arrays:
        text = draw.integers(self.vocabulary, size=(self.batch, self.tokens))
        return text, draw.integers(CLASSES, size=self.batch)

    def products(self) -> list[Product]:
        rows, width, layers = self.batch * self.tokens, self.width, self.layers
        return [
            *linear(rows, width, 3 * width, times=layers),
            *attention(self.batch * self.heads, self.tokens, width // self.heads, times=layers),
            *linear(rows, width, width, times=layers),
            *linear(rows, width, self.hidden, times=layers),
            *linear(rows, self.hidden, width, times=layers),
            *linear(self.batch, width, CLASSES),
        ]
