"""What layers do while training, without PyTorch at hand: dropout's chance, running statistics, numeric gradients."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from engine import nn
from engine.autograd.gradients import grad
from engine.creation import from_numpy, ones, tensor
from engine.random import manual_seed
from engine.testing import numeric_direction


def test_dropout_leaves_out_a_share_and_scales_the_rest() -> None:
    manual_seed(1)
    layer = nn.Dropout(0.3)
    values = layer(ones(20000)).numpy()
    assert set(np.unique(values)) == {np.float32(0), np.float32(1 / 0.7)}
    assert stats.binomtest(int((values == 0).sum()), values.size, 0.3).pvalue > 1e-4
    assert (values != layer(ones(20000)).numpy()).any()
    manual_seed(1)
    np.testing.assert_array_equal(layer(ones(20000)).numpy(), values)


def test_dropout_passes_gradients_where_it_passes_values() -> None:
    input = ones(100, requires_grad=True)
    output = nn.Dropout(0.5)(input)
    output.sum().backward()
    np.testing.assert_array_equal(input.grad.numpy(), output.detach().numpy())


def test_dropout_does_nothing_in_evaluation_and_everything_at_one() -> None:
    input = ones(10)
    assert nn.Dropout(0.9).eval()(input) is input
    assert nn.Dropout(1.0)(input).tolist() == [0] * 10
    with pytest.raises(ValueError, match=r"dropout probability has to be between 0 and 1, but got -0\.1"):
        nn.Dropout(-0.1)


def test_batch_norm_follows_the_batches() -> None:
    layer = nn.BatchNorm1d(2, momentum=0.25)
    batch = np.array([[1.0, 10.0], [3.0, 30.0], [8.0, 20.0]], dtype=np.float32)
    output = layer(tensor(batch)).detach().numpy()
    np.testing.assert_allclose(output, (batch - batch.mean(0)) / np.sqrt(batch.var(0) + 1e-5), rtol=1e-5)
    np.testing.assert_allclose(layer.running_mean.numpy(), 0.25 * batch.mean(0), rtol=1e-6)
    np.testing.assert_allclose(layer.running_var.numpy(), 0.75 + 0.25 * batch.var(0, ddof=1), rtol=1e-6)
    assert layer.num_batches_tracked.item() == 1
    layer.eval()(tensor(batch))
    assert layer.num_batches_tracked.item() == 1
    with pytest.raises(ValueError, match=r"expected 2D or 3D input \(got 4D input of shape \[1, 2, 1, 1\]\)"):
        layer(ones(1, 2, 1, 1))


def models() -> list[tuple[str, Any, Any]]:
    return [
        ("classifier", nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)), nn.CrossEntropyLoss()),
        ("normalised", nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.GELU(), nn.Linear(5, 3)), nn.NLLLoss()),
        ("gated", nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 6), nn.GLU(), nn.LogSoftmax(1)), nn.NLLLoss()),
    ]


@pytest.mark.parametrize(("name", "model", "loss"), models(), ids=[name for name, _, _ in models()])
def test_gradients_of_a_model_equal_numeric_ones(name: str, model: Any, loss: Any) -> None:
    rng = np.random.default_rng(2)
    model.double()
    input, target = tensor(rng.normal(size=(7, 4))), tensor(rng.integers(0, 3, size=7))
    parameters = list(model.parameters())
    points = [np.array(each.detach().numpy()) for each in parameters]
    directions = [rng.normal(size=each.shape) for each in points]

    def value(arrays: Any) -> float:
        for parameter, array in zip(parameters, arrays, strict=True):
            parameter.data = from_numpy(array)
        return loss(model(input), target).item()

    gradients = grad(loss(model(input), target), parameters)
    analytic = sum((g.numpy() * d).sum() for g, d in zip(gradients, directions, strict=True))
    np.testing.assert_allclose(analytic, numeric_direction(value, points, directions), rtol=1e-6)


def test_old_names_of_bounds_warn_and_hold() -> None:
    with pytest.warns(FutureWarning, match="`min_value` is deprecated and renamed to `min_val`"):
        layer = nn.Hardtanh(min_value=-0.5)
    assert layer(tensor([-1.0, 2.0])).tolist() == [-0.5, 1.0]
