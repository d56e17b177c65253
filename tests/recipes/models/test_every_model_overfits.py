"""Every model can learn one batch by heart."""

from collections.abc import Callable
from typing import Any

import pytest

import engine
import recipes.models
from engine import nn
from engine.optim import Adam
from recipes.models import MLP

CLASSES, BATCH = 4, 12
SMALL: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "MLP": (lambda: MLP(20, [32], CLASSES), (4, 5)),
}


@pytest.mark.parametrize("name", recipes.models.__all__)
def test_one_batch_is_learnt_by_heart(name: str) -> None:
    engine.manual_seed(0)
    make, shape = SMALL[name]
    model = make()
    inputs = engine.randn(BATCH, *shape)
    targets = engine.randint(0, CLASSES, (BATCH,))
    optimizer, criterion = Adam(model.parameters(), lr=0.01), nn.CrossEntropyLoss()
    first = float(criterion(model(inputs), targets))
    for _ in range(200):
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
    assert first > 1.0
    assert float(loss) < 0.01
    assert (model(inputs).argmax(dim=1) == targets).all()
