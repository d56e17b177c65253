"""Losses on a CUDA device: the CPU's numbers and gradients, and nobody waits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn

Forbidding = Callable[[], AbstractContextManager[None]]

ROWS, CLASSES = 5, 7


def scores() -> Any:
    return engine.randn(ROWS, CLASSES)


def signs() -> Any:
    return engine.randn(ROWS).sign()


def classes() -> Any:
    return engine.arange(ROWS) * 3 % CLASSES


def several() -> Any:
    return engine.tensor([[2, 4, -1, 0, 0, 0, 0]] * ROWS)


def spoken() -> tuple[Any, ...]:
    labels, lengths = engine.tensor([[1, 2, 2], [3, 1, 0]]), (engine.tensor([6, 5]), engine.tensor([3, 2]))
    return engine.randn(6, 2, 4).log_softmax(2), labels, *lengths


LOSSES: dict[str, tuple[Callable[[], nn.Module], Callable[[], tuple[Any, ...]]]] = {
    "L1Loss": (nn.L1Loss, lambda: (scores(), scores())),
    "SmoothL1Loss": (nn.SmoothL1Loss, lambda: (scores(), scores())),
    "HuberLoss": (nn.HuberLoss, lambda: (scores(), scores())),
    "MSELoss": (nn.MSELoss, lambda: (scores(), scores())),
    "CrossEntropyLoss": (lambda: nn.CrossEntropyLoss(ignore_index=3), lambda: (scores(), classes())),
    "CrossEntropyLoss of shares": (nn.CrossEntropyLoss, lambda: (scores(), scores().softmax(1))),
    "NLLLoss": (lambda: nn.NLLLoss(engine.rand(CLASSES)), lambda: (scores().log_softmax(1), classes())),
    "PoissonNLLLoss": (lambda: nn.PoissonNLLLoss(full=True), lambda: (scores(), scores().abs())),
    "GaussianNLLLoss": (nn.GaussianNLLLoss, lambda: (scores(), scores(), scores().abs())),
    "KLDivLoss": (lambda: nn.KLDivLoss(reduction="batchmean"), lambda: (scores().log_softmax(1), scores().softmax(1))),
    "BCELoss": (nn.BCELoss, lambda: (scores().sigmoid(), engine.rand(ROWS, CLASSES))),
    "BCEWithLogitsLoss": (nn.BCEWithLogitsLoss, lambda: (scores(), engine.rand(ROWS, CLASSES))),
    "HingeEmbeddingLoss": (nn.HingeEmbeddingLoss, lambda: (engine.randn(ROWS), signs())),
    "SoftMarginLoss": (nn.SoftMarginLoss, lambda: (engine.randn(ROWS), signs())),
    "MarginRankingLoss": (nn.MarginRankingLoss, lambda: (engine.randn(ROWS), engine.randn(ROWS), signs())),
    "CosineEmbeddingLoss": (nn.CosineEmbeddingLoss, lambda: (scores(), scores(), signs())),
    "MultiMarginLoss": (nn.MultiMarginLoss, lambda: (scores(), classes())),
    "MultiLabelMarginLoss": (nn.MultiLabelMarginLoss, lambda: (scores(), several())),
    "MultiLabelSoftMarginLoss": (nn.MultiLabelSoftMarginLoss, lambda: (scores(), engine.rand(ROWS, CLASSES).round())),
    "TripletMarginLoss": (lambda: nn.TripletMarginLoss(swap=True), lambda: (scores(), scores(), scores())),
    "CTCLoss": (nn.CTCLoss, spoken),
    "LinearCrossEntropyLoss": (lambda: nn.LinearCrossEntropyLoss(CLASSES, 9), lambda: (scores(), classes())),
    "AdaptiveLogSoftmaxWithLoss": (
        lambda: nn.AdaptiveLogSoftmaxWithLoss(CLASSES, 9, [3, 5], div_value=2),
        lambda: (scores(), classes()),
    ),
}
# It looks for the rows of each cluster, however many there are.
LOOKING = {"AdaptiveLogSoftmaxWithLoss"}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str, cuda: str, nobody_waits: Forbidding) -> None:
    build, draw = LOSSES[name]
    engine.manual_seed(1)
    loss, given = build(), draw()
    found = []
    for where in ("cpu", cuda):
        loss.to(where)
        inputs = [each.detach().to(where) for each in given]
        inputs[0].requires_grad_()
        with nullcontext() if where == "cpu" or name in LOOKING else nobody_waits():
            result = loss(*inputs)
            result = getattr(result, "loss", result)
            result.backward()
        assert str(result.device).startswith(where)
        found.append([result.detach().cpu().numpy(), inputs[0].grad.cpu().numpy()])
    for ours, right in zip(found[1], found[0], strict=True):
        np.testing.assert_allclose(ours, right, rtol=1e-4, atol=1e-6)
