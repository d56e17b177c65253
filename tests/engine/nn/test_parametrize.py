"""Parametrized tensors: registering, assigning, caching, copying, removing; and what the ready ones promise."""

import copy
from typing import Any

import numpy as np
import pytest

import engine
from engine import nn
from engine.creation import tensor
from engine.nn.utils import parametrizations, parametrize

RNG = np.random.default_rng(9)
MATRIX = RNG.normal(size=(4, 3))


class Symmetric(nn.Module):
    def forward(self, X: Any) -> Any:
        return X.triu() + X.triu(1).T

    def right_inverse(self, A: Any) -> Any:
        return A.triu()


class Doubled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, X: Any) -> Any:
        self.calls += 1
        return X * 2

    def right_inverse(self, A: Any) -> Any:
        return A / 2


class Product(nn.Module):
    """Two originals for one tensor."""

    def forward(self, left: Any, right: Any) -> Any:
        return left @ right

    def right_inverse(self, A: Any) -> tuple[Any, Any]:
        return A, engine.eye(A.shape[1])


def test_a_tensor_is_computed_at_each_use_and_set_through_its_inverse() -> None:
    layer = nn.Linear(3, 3)
    original = layer.weight
    parametrize.register_parametrization(layer, "weight", Symmetric())
    assert engine.equal(layer.weight, layer.weight.T)
    assert list(layer.state_dict()) == ["bias", "parametrizations.weight.original"]
    assert layer.parametrizations.weight.original is original
    assert repr(layer).startswith("ParametrizedLinear(")
    assert isinstance(layer, nn.Linear)
    layer(engine.randn(2, 3)).sum().backward()
    assert engine.equal(original.grad, original.grad.triu())
    wanted = engine.ones(3, 3)
    layer.weight = wanted  # type: ignore[assignment]
    assert engine.equal(layer.weight, wanted)
    assert engine.equal(original, wanted.triu())


def test_several_apply_one_after_another_and_one_may_have_several_originals() -> None:
    layer = nn.Linear(3, 2)
    before = layer.weight.detach().clone()
    parametrize.register_parametrization(layer, "weight", Product())
    parametrize.register_parametrization(layer, "weight", Doubled())
    assert engine.allclose(layer.weight, before * 2)
    assert [name for name, _ in layer.named_parameters()] == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]
    layer.weight = before
    assert engine.allclose(layer.weight, before)


def test_inside_cached_a_tensor_is_computed_once() -> None:
    layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Doubled())
    doubled = layer.parametrizations.weight[0]
    before = doubled.calls
    with parametrize.cached():
        first = layer.weight
        with parametrize.cached():
            assert layer.weight is first
        assert layer.weight is first
    assert doubled.calls == before + 1
    assert layer.weight is not first


@pytest.mark.parametrize("leave_parametrized", [True, False])
def test_removing_leaves_a_plain_parameter(leave_parametrized: bool) -> None:
    layer = nn.Linear(3, 3)
    plain, original = type(layer), layer.weight
    before = original.detach().clone()
    parametrize.register_parametrization(layer, "weight", Doubled())
    layer.parametrizations.weight.original.data = before
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized)
    assert type(layer) is plain
    assert layer.weight is original
    assert engine.equal(layer.weight, before * 2 if leave_parametrized else before)
    assert list(layer.state_dict()) == ["bias", "weight"]
    assert not parametrize.is_parametrized(layer)


def test_removing_one_of_two_and_one_of_several_originals() -> None:
    layer = nn.Linear(3, 2)
    parametrize.register_parametrization(layer, "weight", Product())
    parametrize.register_parametrization(layer, "bias", Doubled())
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    with pytest.raises(ValueError, match="sequence of tensors"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    value = layer.weight.detach()
    parametrize.remove_parametrizations(layer, "weight")
    assert engine.equal(layer.weight, value)
    assert parametrize.is_parametrized(layer, "bias")
    assert not parametrize.is_parametrized(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter)


def test_copies_are_parametrized_by_themselves() -> None:
    layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Doubled())
    twin = copy.deepcopy(layer)
    parametrize.remove_parametrizations(layer, "weight")
    with engine.no_grad():
        layer.weight.zero_()
    assert twin.weight.abs().sum().item() > 0
    assert parametrize.is_parametrized(twin)


def test_what_does_not_fit_is_refused() -> None:
    class Flat(nn.Module):
        def forward(self, X: Any) -> Any:
            return X.reshape(-1)

    layer = nn.Linear(3, 2)
    with pytest.raises(ValueError, match="does not have a parameter, a buffer, or a parametrized element"):
        parametrize.register_parametrization(layer, "wait", Doubled())
    with pytest.raises(ValueError, match=r"may not change the dtype or shape .* has .* \[2, 3\], .* \[6\]"):
        parametrize.register_parametrization(layer, "weight", Flat())
    with pytest.raises(ValueError, match="does not have a parametrization on weight"):
        parametrize.remove_parametrizations(layer, "weight")
    parametrize.register_parametrization(layer, "weight", Flat(), unsafe=True)
    assert tuple(layer.weight.shape) == (6,)
    with pytest.raises(RuntimeError, match=r"parametrization Flat does not implement right_inverse"):
        layer.weight = engine.ones(2, 3)  # type: ignore[assignment]


def test_optimizers_move_the_originals() -> None:
    engine.manual_seed(0)
    layer = parametrizations.weight_norm(nn.Linear(3, 1))
    optimizer = engine.optim.SGD(layer.parameters(), lr=0.1)
    given, wanted = engine.randn(64, 3), engine.randn(64, 1)
    losses = []
    for _ in range(20):
        loss = nn.functional.mse_loss(layer(given), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("dim", [0, 1, -1, None])
def test_weight_norm_splits_length_from_direction(dim: int | None) -> None:
    layer = nn.Linear(3, 4).double()
    before = layer.weight.detach().numpy().copy()
    parametrizations.weight_norm(layer, dim=dim)
    np.testing.assert_allclose(layer.weight.detach().numpy(), before)
    layer.parametrizations.weight.original1.data = tensor(MATRIX)
    whole = dim in (None, -1)
    lengths = np.linalg.norm(before, axis=None if whole else 1 - dim, keepdims=not whole)  # type: ignore[operator]
    ours = np.linalg.norm(MATRIX, axis=None if whole else 1 - dim, keepdims=not whole)  # type: ignore[operator]
    np.testing.assert_allclose(layer.weight.detach().numpy(), MATRIX * lengths / ours)


def test_the_old_keys_of_weight_norm_load() -> None:
    with pytest.warns(FutureWarning, match="deprecated"):
        old = nn.utils.weight_norm(nn.Linear(3, 4))
    assert list(old.state_dict()) == ["bias", "weight_g", "weight_v"]
    new = parametrizations.weight_norm(nn.Linear(3, 4))
    new.load_state_dict(old.state_dict())
    given = engine.randn(2, 3)
    assert engine.allclose(new(given), old(given))
    nn.Sequential(new).load_state_dict(nn.Sequential(old).state_dict())
    nn.utils.remove_weight_norm(old)
    assert list(old.state_dict()) == ["bias", "weight"]
    assert engine.allclose(new(given), old(given))
    with pytest.raises(ValueError, match="weight_norm of 'weight' not found"):
        nn.utils.remove_weight_norm(old)


def test_spectral_norm_divides_by_the_largest_singular_value() -> None:
    for normalised, original in (
        (parametrizations.spectral_norm(nn.Linear(5, 4).double()), "parametrizations.weight.original"),
        (nn.utils.spectral_norm(nn.Linear(5, 4).double()), "weight_orig"),
    ):
        for _ in range(200):
            normalised(engine.randn(2, 5, dtype=engine.float64))
        value = normalised.state_dict()[original].numpy()
        expected = value / np.linalg.svd(value, compute_uv=False)[0]
        np.testing.assert_allclose(normalised.eval().weight.detach().numpy(), expected, rtol=1e-6)
    nn.utils.remove_spectral_norm(normalised)
    np.testing.assert_allclose(normalised.weight.detach().numpy(), expected, rtol=1e-6)
    assert list(normalised.state_dict()) == ["bias", "weight"]


@pytest.mark.parametrize("orthogonal_map", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("use_trivialization", [True, False])
@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5)])
def test_orthogonal_weights_stay_orthogonal(
    shape: tuple[int, int], use_trivialization: bool, orthogonal_map: str
) -> None:
    layer = nn.Linear(shape[1], shape[0], dtype=engine.float64)
    parametrizations.orthogonal(layer, orthogonal_map=orthogonal_map, use_trivialization=use_trivialization)
    optimizer = engine.optim.SGD(layer.parameters(), lr=0.5)
    starts = []
    for _ in range(3):
        weight = layer.weight
        short = weight if shape[0] < shape[1] else weight.T
        np.testing.assert_allclose((short @ short.T).detach().numpy(), np.eye(min(shape)), atol=1e-12)
        starts.append(weight.detach().numpy())
        optimizer.zero_grad()
        layer(tensor(RNG.normal(size=(2, shape[1])))).square().sum().backward()
        optimizer.step()
    assert np.abs(starts[0] - starts[-1]).max() > 1e-3


def test_an_orthogonal_weight_may_be_assigned() -> None:
    layer = parametrizations.orthogonal(nn.Linear(3, 4, dtype=engine.float64))
    basis = np.linalg.qr(MATRIX)[0]
    layer.weight = tensor(basis)  # type: ignore[assignment]
    np.testing.assert_allclose(layer.weight.detach().numpy(), basis, atol=1e-12)
    with pytest.raises(ValueError, match="orthogonal_map has to be one of matrix_exp, cayley, householder"):
        parametrizations.orthogonal(nn.Linear(3, 3), orthogonal_map="qr")
    with pytest.raises(ValueError, match="Got a tensor of 1 dimensions"):
        parametrizations.orthogonal(nn.Linear(3, 3), "bias")
