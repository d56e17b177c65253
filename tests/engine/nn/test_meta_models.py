"""Models and losses run on meta tensors: shapes are checked before any data is read."""

from typing import Any

import pytest

from engine import nn
from engine.backend.dtype import int64
from engine.creation import zeros


def meta(*shape: int, **options: Any) -> Any:
    return zeros(*shape, device="meta", **options)


MODELS = [
    nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 3)),
    nn.Sequential(nn.MaxPool2d(2), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(3, 3), nn.LayerNorm(3), nn.GELU()),
    nn.Sequential(nn.Unflatten(1, (3, 1)), nn.Flatten(2), nn.PReLU(3), nn.Flatten(), nn.Linear(12, 3), nn.GLU(0)),
]
SHAPES = [(4, 3, 2, 2), (4, 3, 2, 2), (8, 3, 2, 2)]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("model", "shape"), list(zip(MODELS, SHAPES, strict=True)))
def test_a_step_on_meta_gives_every_parameter_a_gradient(model: Any, shape: tuple[int, ...], training: bool) -> None:
    model.to("meta").train(training)
    output = model(meta(*shape))
    assert output.shape == (4, 3)
    nn.CrossEntropyLoss(label_smoothing=0.1)(output, meta(4, dtype=int64)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.shape == parameter.shape, name
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    model.zero_grad()


@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.L1Loss(), nn.HuberLoss(), nn.SmoothL1Loss(), nn.BCEWithLogitsLoss()])
def test_losses_on_meta(loss: Any) -> None:
    assert loss(meta(4, 3, requires_grad=True), meta(4, 3)).shape == ()


def test_a_target_that_does_not_fit_is_told_with_the_loss() -> None:
    with pytest.raises(ValueError, match=r"\[4, 3\] and \[5\]") as caught:
        nn.CrossEntropyLoss()(meta(4, 3), meta(5, dtype=int64))
    assert nn.failed_module(caught.value) == "CrossEntropyLoss()"
