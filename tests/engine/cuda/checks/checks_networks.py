"""Layers and whole networks on a CUDA device: the CPU's answers and gradients, and nobody waits."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn

Forbidding = Callable[[], AbstractContextManager[None]]
Shape = tuple[int, ...]

LAYERS: dict[str, tuple[Callable[[], nn.Module], Shape]] = {
    "Conv1d": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), (2, 4, 9)),
    "Conv2d": (lambda: nn.Conv2d(3, 6, 3, padding=1, padding_mode="reflect"), (2, 3, 6, 6)),
    "Conv2d, depthwise": (lambda: nn.Conv2d(4, 8, 3, dilation=2, groups=4, padding="same"), (2, 4, 7, 7)),
    "Conv3d": (lambda: nn.Conv3d(2, 3, 2), (2, 2, 4, 4, 4)),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), (2, 4, 5, 5)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(3), (4, 3, 5, 5)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 6), (3, 6, 4, 4)),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(3, affine=True, track_running_stats=True), (2, 3, 5, 5)),
    "LocalResponseNorm": (lambda: nn.LocalResponseNorm(3), (2, 5, 4, 4)),
    "RMSNorm": (lambda: nn.RMSNorm(6), (4, 6)),
    "AvgPool2d": (lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True), (2, 3, 8, 8)),
    "MaxPool2d": (lambda: nn.MaxPool2d(2, ceil_mode=True), (2, 3, 7, 7)),
    "LPPool2d": (lambda: nn.LPPool2d(2, 2), (2, 3, 6, 6)),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d((3, 2)), (2, 3, 7, 5)),
    "AdaptiveMaxPool2d": (lambda: nn.AdaptiveMaxPool2d(3), (2, 3, 7, 5)),
    "FractionalMaxPool2d": (lambda: nn.FractionalMaxPool2d(2, 3), (2, 3, 7, 7)),
    "Upsample, bilinear": (lambda: nn.Upsample(scale_factor=1.5, mode="bilinear"), (2, 3, 4, 4)),
    "Upsample, bicubic": (lambda: nn.Upsample((7, 9), mode="bicubic", align_corners=True), (2, 3, 4, 4)),
    "Unfold": (lambda: nn.Unfold(3, padding=1), (2, 3, 5, 5)),
    "Fold": (lambda: nn.Fold((4, 5), 2), (2, 12, 12)),
    "PixelShuffle": (lambda: nn.PixelShuffle(2), (2, 8, 3, 3)),
    "ReplicationPad2d": (lambda: nn.ReplicationPad2d((1, 2, 0, 1)), (2, 3, 4, 4)),
    "CircularPad1d": (lambda: nn.CircularPad1d(2), (2, 3, 5)),
    "Dropout2d": (lambda: nn.Dropout2d(0.4), (3, 5, 4, 4)),
    "AlphaDropout": (lambda: nn.AlphaDropout(0.3), (5, 6)),
    "RReLU": (nn.RReLU, (5, 6)),
    "SiLU": (nn.SiLU, (5, 6)),
    "Softplus": (nn.Softplus, (5, 6)),
    "Hardswish": (nn.Hardswish, (5, 6)),
    "Softmax2d": (nn.Softmax2d, (2, 3, 4, 4)),
    "LazyLinear": (lambda: nn.LazyLinear(3), (5, 6)),
    "RNN": (lambda: nn.RNN(5, 4, 2, nonlinearity="relu", batch_first=True), (3, 6, 5)),
    "LSTM": (lambda: nn.LSTM(5, 4, 2, bidirectional=True, dropout=0.2), (6, 3, 5)),
    "LSTM with projections": (lambda: nn.LSTM(5, 4, proj_size=3), (6, 3, 5)),
    "GRU": (lambda: nn.GRU(5, 4, 2, bidirectional=True), (6, 3, 5)),
    "GRUCell": (lambda: nn.GRUCell(5, 4), (3, 5)),
    "TransformerEncoder": (
        lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True), 2),
        (2, 5, 8),
    ),
}


class Attending(nn.Module):
    """A decoder over a memory, both masked."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(11, 8, padding_idx=0, max_norm=2.5, scale_grad_by_freq=True)
        self.body = nn.Transformer(8, 2, 1, 1, 16, dropout=0.1, batch_first=True)

    def forward(self, numbers: Any) -> Any:
        rows = self.words(numbers)
        mask = self.body.generate_square_subsequent_mask(numbers.shape[1], device=numbers.device)
        padding = numbers == 0
        return self.body(rows, rows, tgt_mask=mask, src_key_padding_mask=padding, memory_key_padding_mask=padding)


class Bags(nn.Module):
    """Three bags of each kind over one table."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self.bags = nn.EmbeddingBag(11, 4, mode=mode, padding_idx=0, scale_grad_by_freq=mode != "max")

    def forward(self, numbers: Any) -> Any:
        starts = engine.arange(0, numbers.numel(), 4, device=numbers.device)
        return self.bags(numbers.flatten(), starts)


class Unpooling(nn.Module):
    """Largest values, put back where they were."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.pool, self.back = nn.Conv2d(1, 2, 3), nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)

    def forward(self, x: Any) -> Any:
        return self.back(*self.pool(self.first(x.float().reshape(1, 1, 4, 5)[..., :, :])))


BY_NUMBERS: dict[str, Callable[[], nn.Module]] = {
    "Transformer": Attending,
    "EmbeddingBag of sums": lambda: Bags("sum"),
    "EmbeddingBag of means": lambda: Bags("mean"),
    "EmbeddingBag of largest": lambda: Bags("max"),
    "MaxUnpool2d": Unpooling,
}
NUMBERS = np.array([[3, 7, 1, 3, 0], [9, 3, 0, 0, 0], [4, 4, 10, 2, 6], [5, 1, 8, 0, 0]])


def tensors_of(result: Any) -> list[Any]:
    """The tensors of nested results, in order."""
    return [each for part in result for each in tensors_of(part)] if isinstance(result, tuple) else [result]


def assert_close(found: Any, right: Any) -> None:
    np.testing.assert_allclose(found.detach().cpu().numpy(), right.detach().numpy(), rtol=2e-4, atol=2e-5)


def agree(host: nn.Module, given: Any, where: str, quiet: Forbidding) -> None:
    """Run both ways on the CPU and on the device, and compare all that comes out."""
    if isinstance(host, nn.LazyLinear):
        host(given)
    there = copy.deepcopy(host).to(where)
    floating = given.is_floating_point()
    here_input, there_input = given.clone().requires_grad_(floating), given.to(where).requires_grad_(floating)
    engine.manual_seed(5)
    expected = tensors_of(host(here_input))
    sum((each * each).sum() for each in expected).backward()
    engine.manual_seed(5)
    with quiet():
        found = tensors_of(there(there_input))
        sum((each * each).sum() for each in found).backward()
    for ours, right in zip(found, expected, strict=True):
        assert str(ours.device) == where
        assert_close(ours, right)
    if floating:
        assert_close(there_input.grad, here_input.grad)
    for ours, right in zip(there.parameters(), host.parameters(), strict=True):
        assert_close(ours, right)
        assert_close(ours.grad, right.grad)
    for ours, right in zip(there.buffers(), host.buffers(), strict=True):
        assert_close(ours, right)


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    build, shape = LAYERS[name]
    engine.manual_seed(1)
    agree(build(), engine.randn(*shape), cuda, nobody_waits)


@pytest.mark.parametrize("name", BY_NUMBERS)
def test_networks_of_numbers(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    engine.manual_seed(1)
    agree(BY_NUMBERS[name](), engine.tensor(NUMBERS), cuda, nobody_waits)
