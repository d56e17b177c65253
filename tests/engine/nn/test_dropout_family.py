"""The dropout family by what it draws: how often, whole channels or elements, and the moments it keeps."""

from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.nn import functional

CHANNELS = [("dropout1d", (40, 50, 3)), ("dropout2d", (40, 50, 2, 3)), ("dropout3d", (40, 50, 2, 1, 3))]


@pytest.fixture(autouse=True)
def seeded() -> None:
    engine.manual_seed(4)


@pytest.mark.parametrize(("name", "shape"), CHANNELS)
@pytest.mark.parametrize("p", [0.2, 0.7])
def test_channels_are_left_out_as_one(name: str, shape: tuple[int, ...], p: float) -> None:
    x = engine.ones(shape, requires_grad=True)
    y = getattr(functional, name)(x, p)
    y.sum().backward()
    channels = y.detach().numpy().reshape(40, 50, -1)
    assert (channels == channels[..., :1]).all()
    values = channels[..., 0]
    np.testing.assert_allclose(values[values != 0], 1 / (1 - p), rtol=1e-6)
    assert abs((values == 0).mean() - p) < 5 * np.sqrt(p * (1 - p) / values.size)
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())


@pytest.mark.parametrize(("name", "shape"), [("dropout1d", (300, 2)), ("dropout3d", (300, 2, 1, 2))])
def test_one_example_alone_has_its_channels_first(name: str, shape: tuple[int, ...]) -> None:
    channels = getattr(functional, name)(engine.ones(shape), 0.5).numpy().reshape(300, -1)
    assert (channels == channels[:, :1]).all()
    assert 90 < (channels[:, 0] == 0).sum() < 210


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(p: float) -> None:
    x = engine.randn(400, 500)
    y = functional.alpha_dropout(x, p, True).numpy()
    assert abs(y.mean()) < 0.02
    assert abs(y.std() - 1) < 0.02
    values, counts = np.unique(y, return_counts=True)
    floor = values[counts.argmax()]
    saturated = -1.7580993408473766
    scale = ((1 - p) * (1 + p * saturated**2)) ** -0.5
    np.testing.assert_allclose(floor, scale * saturated * (1 - p), rtol=1e-5)
    assert abs(counts.max() / y.size - p) < 0.01


def test_feature_alpha_dropout_saturates_whole_channels() -> None:
    y = functional.feature_alpha_dropout(engine.zeros(100, 20, 4), 0.5, True).numpy()
    assert (y == y[..., :1]).all()
    values = np.unique(y)
    assert len(values) == 2
    assert 800 < (y[..., 0] == values[0]).sum() < 1200


LAYERS: list[Any] = [nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout]


@pytest.mark.filterwarnings("ignore:dropout[23]d")
@pytest.mark.parametrize("layer", LAYERS)
def test_layers_draw_anew_each_time_write_in_place_and_do_nothing_in_evaluation(layer: Any) -> None:
    x = engine.randn(4, 30, 5)
    drop = layer(0.5)
    engine.manual_seed(4)
    first, second = drop(x).numpy(), drop(x).numpy()
    assert (first != second).any()
    engine.manual_seed(4)
    np.testing.assert_array_equal(drop(x).numpy(), first)
    np.testing.assert_array_equal(drop.eval()(x).numpy(), x.numpy())
    engine.manual_seed(4)
    copy = x.clone()
    output = layer(0.5, inplace=True)(copy)
    np.testing.assert_allclose(output.numpy(), first, rtol=1e-6)
    # As in PyTorch, whose alpha dropouts take the word and leave their input alone.
    assert (output is copy) == (layer not in (nn.AlphaDropout, nn.FeatureAlphaDropout))
    assert output is copy or engine.equal(copy, x)
    with pytest.raises(ValueError, match=r"between 0 and 1, but got 1\.5"):
        layer(1.5)


def test_ranks_that_are_not_meant_warn_or_raise() -> None:
    with pytest.warns(UserWarning, match="dropout1d"):
        functional.dropout2d(engine.ones(2, 3, 4))
    with pytest.warns(UserWarning, match="3-D input"):
        functional.dropout3d(engine.ones(2, 3, 4))
    with pytest.raises(RuntimeError, match=r"\[3\]"):
        functional.dropout1d(engine.ones(3))
    with pytest.raises(RuntimeError, match="at least 2 dimensions"):
        functional.feature_alpha_dropout(engine.ones(3), 0.5, True)
