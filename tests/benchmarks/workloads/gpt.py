"""A small GPT: causal attention with normalisation in front, and scores of the next token at each place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.benchmarks.workloads.products import Product, attention, linear
from tests.benchmarks.workloads.workload import Arrays, Workload


@dataclass(frozen=True)
class GPT(Workload):
    """`layers` of `width` with `heads`, over texts of `tokens`."""

    layers: int = 4
    width: int = 128
    heads: int = 4
    tokens: int = 128
    vocabulary: int = 65

    def networks(self, torch: Any) -> tuple[Any, ...]:
        nn, made = torch.nn, self

        class Block(torch.nn.Module):
            """x + attention(norm(x)), then x + mlp(norm(x))."""

            def __init__(self) -> None:
                super().__init__()
                self.norm1 = nn.LayerNorm(made.width)
                self.attention = nn.Linear(made.width, 3 * made.width)
                self.projection = nn.Linear(made.width, made.width)
                self.norm2 = nn.LayerNorm(made.width)
                self.mlp = nn.Sequential(
                    nn.Linear(made.width, 4 * made.width), nn.GELU(), nn.Linear(4 * made.width, made.width)
                )

            def forward(self, x: Any) -> Any:
                batch, tokens, width = x.shape
                parts = self.attention(self.norm1(x)).split(width, dim=2)
                q, k, v = [part.view(batch, tokens, made.heads, -1).transpose(1, 2) for part in parts]
                mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                x = x + self.projection(mixed.transpose(1, 2).reshape(batch, tokens, width))
                return x + self.mlp(self.norm2(x))

        class Network(torch.nn.Module):
            """Scores of shape (batch, tokens, vocabulary)."""

            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(made.vocabulary, made.width)
                self.positions = nn.Embedding(made.tokens, made.width)
                self.blocks = nn.Sequential(*(Block() for _ in range(made.layers)))
                self.norm = nn.LayerNorm(made.width)
                self.head = nn.Linear(made.width, made.vocabulary, bias=False)

            def forward(self, tokens: Any) -> Any:
                x = self.embedding(tokens) + self.positions(torch.arange(tokens.shape[1]))
                return self.head(self.norm(self.blocks(x)))

        return (Network(),)

    def arrays(self, draw: np.random.Generator) -> Arrays:
        text = draw.integers(self.vocabulary, size=(self.batch, self.tokens + 1))
        return np.ascontiguousarray(text[:, :-1]), np.ascontiguousarray(text[:, 1:])

    def loss(self, torch: Any, network: Any, inputs: Any, targets: Any) -> Any:
        return torch.nn.functional.cross_entropy(network(inputs).flatten(0, 1), targets.flatten())

    def products(self) -> list[Product]:
        rows, width, layers = self.batch * self.tokens, self.width, self.layers
        return [
            *linear(rows, width, 3 * width, times=layers),
            *attention(self.batch * self.heads, self.tokens, width // self.heads, times=layers),
            *linear(rows, width, width, times=layers),
            *linear(rows, width, 4 * width, times=layers),
            *linear(rows, 4 * width, width, times=layers),
            *linear(rows, width, self.vocabulary),
        ]
