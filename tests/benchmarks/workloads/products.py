"""The matrix products of a training step: their shapes, and how layers turn into them."""

from __future__ import annotations

from typing import NamedTuple


class Product(NamedTuple):
    """`times` (rows, inner) @ (inner, columns); `stack` of them are one batched call."""

    rows: int
    inner: int
    columns: int
    times: int = 1
    stack: int = 1

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        return 2 * self.rows * self.inner * self.columns * self.times * self.stack


def linear(rows: int, inputs: int, outputs: int, *, first: bool = False, times: int = 1) -> list[Product]:
    """Forward y = x Wᵀ, backward ∂W = ∂yᵀ x and ∂x = ∂y W; the first layer's input needs no gradient."""
    forward, weight = Product(rows, inputs, outputs, times), Product(outputs, rows, inputs, times)
    return [forward, weight] if first else [forward, weight, Product(rows, outputs, inputs, times)]


def convolution(
    batch: int, side: int, inputs: int, outputs: int, kernel: int, *, first: bool = False, times: int = 1
) -> list[Product]:
    """A convolution whose output is (batch, outputs, side, side), as a linear layer over its patches."""
    return linear(batch * side * side, inputs * kernel * kernel, outputs, first=first, times=times)


def attention(stack: int, tokens: int, width: int, *, times: int = 1) -> list[Product]:
    """Scores Q Kᵀ and their mix P V for `stack` heads of `width`, and the two products back through each."""
    scores = Product(tokens, width, tokens, times, stack)
    mix = Product(tokens, tokens, width, times, stack)
    # Back: ∂P = ∂O Vᵀ has the shape of the scores, ∂V = Pᵀ ∂O, ∂Q = ∂S K and ∂K = ∂Sᵀ Q that of the mix.
    return [scores, mix, scores, mix, mix, mix]
