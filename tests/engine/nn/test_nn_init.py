"""Initialisers: PyTorch's fans, gains, bounds and distributions."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from engine.creation import empty, zeros
from engine.nn import init
from engine.nn.functional import conv2d
from engine.nn.layers import Linear
from engine.nn.parameter import Parameter
from engine.random import manual_seed, rand

WIDE = (400, 300)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    manual_seed(7)


def filled(initialiser: Any, *args: Any, shape: tuple[int, ...] = WIDE, **options: Any) -> np.ndarray:
    tensor = Parameter(zeros(shape))
    assert initialiser(tensor, *args, **options) is tensor
    assert tensor.is_leaf
    assert tensor.requires_grad
    return tensor.detach().numpy()


def assert_uniform(values: np.ndarray, low: float, high: float) -> None:
    assert low <= values.min() < values.max() <= high
    assert stats.kstest(values.ravel(), stats.uniform(low, high - low).cdf).pvalue > 1e-4


def assert_normal(values: np.ndarray, mean: float, std: float) -> None:
    assert stats.kstest(values.ravel(), stats.norm(mean, std).cdf).pvalue > 1e-4


def test_plain_fills() -> None:
    assert_uniform(filled(init.uniform_, -2, 3), -2, 3)
    assert_normal(filled(init.normal_, 1.0, 0.5), 1.0, 0.5)
    assert (filled(init.constant_, 4.0) == 4).all()
    assert (filled(init.ones_) == 1).all()
    assert (filled(init.zeros_) == 0).all()
    np.testing.assert_array_equal(filled(init.eye_, shape=(3, 5)), np.eye(3, 5))
    with pytest.raises(ValueError, match="Only tensors with 2 dimensions"):
        init.eye_(zeros(3))


def test_fans_count_the_kernel() -> None:
    assert init.calculate_fans(empty(5, 3, 2, 4)) == (24, 40)
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        init.xavier_uniform_(empty(5))


def test_scaled_distributions() -> None:
    fan_in, fan_out = 300, 400
    bound = 2 * math.sqrt(6 / (fan_in + fan_out))
    assert_uniform(filled(init.xavier_uniform_, 2), -bound, bound)
    assert_normal(filled(init.xavier_normal_, 2), 0, 2 * math.sqrt(2 / (fan_in + fan_out)))
    bound = math.sqrt(2) * math.sqrt(3 / fan_out)
    assert_uniform(filled(init.kaiming_uniform_, mode="fan_out", nonlinearity="relu"), -bound, bound)
    assert_normal(filled(init.kaiming_normal_, a=0.5), 0, math.sqrt(2 / 1.25 / fan_in))
    with pytest.raises(ValueError, match="Mode fan not supported"):
        init.kaiming_normal_(zeros(2, 2), mode="fan")


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (4, 2, 3)])
def test_orthogonal_rows_or_columns(shape: tuple[int, ...]) -> None:
    matrix = filled(init.orthogonal_, gain=2, shape=shape).reshape(shape[0], -1).astype(np.float64)
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)


def test_orthogonal_matrices_are_uniform() -> None:
    angles = [math.atan2(*filled(init.orthogonal_, shape=(2, 2))[:, 0]) for _ in range(400)]
    assert stats.kstest(angles, stats.uniform(-math.pi, 2 * math.pi).cdf).pvalue > 1e-4


def test_truncated_normal() -> None:
    values = filled(init.trunc_normal_, 0.5, 2.0, -1.0, 3.0)
    assert -1 <= values.min() < values.max() <= 3
    truncated = stats.truncnorm((-1 - 0.5) / 2, (3 - 0.5) / 2, loc=0.5, scale=2)
    assert stats.kstest(values.ravel(), truncated.cdf).pvalue > 1e-4
    with pytest.warns(UserWarning, match="mean is more than 2 std"):
        init.trunc_normal_(zeros(3), mean=10.0)


def test_gains() -> None:
    assert init.calculate_gain("tanh") == pytest.approx(5 / 3)
    assert init.calculate_gain("relu") == pytest.approx(math.sqrt(2))
    assert init.calculate_gain("leaky_relu", 0.2) == pytest.approx(math.sqrt(2 / 1.04))
    assert init.calculate_gain("conv_transpose2d") == 1
    with pytest.raises(ValueError, match="Unsupported nonlinearity swish; allowed are linear"):
        init.calculate_gain("swish")


def test_linear_starts_uniform_in_one_over_the_root_of_its_inputs() -> None:
    layer = Linear(100, 3000)
    assert_uniform(layer.weight.detach().numpy(), -0.1, 0.1)
    assert_uniform(layer.bias.detach().numpy(), -0.1, 0.1)
    with pytest.warns(UserWarning, match="zero-element tensors"):
        assert Linear(0, 2).bias.tolist() == [0, 0]


def test_a_seed_makes_the_same_weights_again() -> None:
    first = Linear(4, 3).weight.tolist()
    manual_seed(7)
    assert Linear(4, 3).weight.tolist() == first


@pytest.mark.parametrize(
    "initialiser",
    [
        init.uniform_,
        init.normal_,
        init.kaiming_uniform_,
        init.orthogonal_,
        init.trunc_normal_,
        init.eye_,
        lambda tensor: init.sparse_(tensor, 0.5),
    ],
)
def test_meta_tensors_can_be_initialised(initialiser: Any) -> None:
    assert initialiser(empty(3, 4, device="meta")).shape == (3, 4)


@pytest.mark.parametrize("groups", [1, 2])
def test_dirac_passes_channels_on(groups: int) -> None:
    weight = init.dirac_(zeros(4, 3, 3, 5), groups)
    inputs = rand(2, 3 * groups, 6, 7)
    outputs = conv2d(inputs, weight, padding=(1, 2), groups=groups)
    for group in range(groups):
        kept = min(3, 4 // groups)
        first = group * 4 // groups
        np.testing.assert_allclose(outputs[:, first : first + kept], inputs[:, group * 3 : group * 3 + kept])
        assert not outputs[:, first + kept : first + 4 // groups].any()
    with pytest.raises(ValueError, match="divisible by groups, got 4 and 3"):
        init.dirac_(weight, 3)
    with pytest.raises(ValueError, match=r"\[2, 2\]"):
        init.dirac_(zeros(2, 2))


def test_sparse_columns_have_so_many_zeros() -> None:
    weight = init.sparse_(zeros(10, 400), 0.25, std=2.0)
    assert ((weight == 0).sum(0) == 3).all()
    assert weight[weight != 0].std().item() == pytest.approx(2.0, rel=0.1)
    assert (weight == 0).sum(1).float().mean().item() == pytest.approx(120)
    assert (weight == 0).sum(1).min() > 80


def test_old_names_warn() -> None:
    with pytest.warns(FutureWarning, match=r"`nn.init.constant` is now deprecated in favor of `nn.init.constant_`."):
        assert init.constant(zeros(2), 3).tolist() == [3, 3]
