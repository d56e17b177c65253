"""Muon: singular values near one, its rule as a formula, resumes; beside PyTorch's too."""

from itertools import product
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.creation import tensor
from engine.optim import Muon
from engine.optim.muon import adjusted, orthogonalized


@given(rows=st.integers(1, 24), columns=st.integers(1, 24), seed=st.integers(0, 999))
def test_singular_values_come_near_one_and_vectors_stay(rows: int, columns: int, seed: int) -> None:
    matrix = np.random.default_rng(seed).normal(size=(rows, columns))
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    result = orthogonalized(matrix)
    assert result.shape == matrix.shape
    turned = left.T @ result @ right.T
    large = values > 0.05 * np.linalg.norm(values)
    assert np.all((np.diag(turned)[large] > 0.6) & (np.diag(turned)[large] < 1.3))
    assert float(abs(turned - np.diag(np.diag(turned))).max()) < 0.05


@pytest.mark.parametrize(("nesterov", "way"), [*product((False, True), (None, "match_rms_adamw"))])
def test_a_step_is_its_formula(nesterov: bool, way: str | None) -> None:
    random = np.random.default_rng(2)
    member = tensor(random.normal(size=(6, 3)), requires_grad=True)
    optimizer = Muon([member], lr=0.1, momentum=0.8, weight_decay=0.05, nesterov=nesterov, adjust_lr_fn=way)
    expected, mean = member.array.copy(), np.zeros((6, 3))
    rate = 0.1 * (0.2 * np.sqrt(6) if way else np.sqrt(2))
    for _ in range(5):
        gradient = random.normal(size=(6, 3))
        member.grad = tensor(gradient)
        optimizer.step()
        mean = 0.8 * mean + 0.2 * gradient
        change = orthogonalized(0.2 * gradient + 0.8 * mean if nesterov else mean)
        expected = (1 - 0.1 * 0.05) * expected - rate * change
        # One value that is rounded to bfloat16 the other way moves an element by a 256th of the rate.
        np.testing.assert_allclose(member.array, expected, atol=0.01 * rate)
        expected, mean = member.array.copy(), optimizer.state[member]["momentum_buffer"].array.copy()


def test_rates_by_shape() -> None:
    assert adjusted(0.1, None, (9, 4)) == pytest.approx(0.15)
    assert adjusted(0.1, "original", (4, 9)) == pytest.approx(0.1)
    assert adjusted(0.1, "match_rms_adamw", (4, 9)) == pytest.approx(0.06)


def test_what_cannot_be_iterated_is_said() -> None:
    with pytest.raises(ValueError, match="less than 100"):
        orthogonalized(np.eye(2), steps=100)
    with pytest.raises(ValueError, match="exactly 3 values"):
        orthogonalized(np.eye(2), coefficients=(1.0, 2.0))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["float64", "float32", ml_dtypes.bfloat16])
def test_it_resumes_to_the_same_bits_and_skips_what_has_no_gradient(kind: Any, tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    start, drawn = random.normal(size=(2, 5, 4)).astype(kind), random.normal(size=(6, 2, 5, 4)).astype(kind)

    def run(members: list[Any], optimizer: Muon, steps: range) -> None:
        for step in steps:
            for number, member in enumerate(members):
                member.grad = None if (step, number) == (1, 0) else tensor(drawn[step, number])
            optimizer.step()

    members = [tensor(each, requires_grad=True) for each in start]
    optimizer = Muon(members)
    run(members, optimizer, range(3))
    resumed = [tensor(member.array, requires_grad=True) for member in members]
    again = Muon(resumed)
    engine.save(optimizer.state_dict(), tmp_path / "state")
    again.load_state_dict(engine.load(tmp_path / "state"))
    run(members, optimizer, range(3, 6))
    run(resumed, again, range(3, 6))
    for one, other in zip(members, resumed, strict=True):
        assert one.array.dtype == kind
        assert np.array_equal(one.array, other.array)


SHAPES = ((4, 3), (3, 5), (8, 2), (6, 6))
GRID = [
    {"nesterov": nesterov, "weight_decay": decay, "adjust_lr_fn": way, "ns_steps": steps}
    for nesterov, decay, way, steps in product((False, True), (0, 0.1), (None, "original", "match_rms_adamw"), (3, 5))
]


@pytest.mark.parity
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("arguments", GRID)
def test_ten_steps_are_pytorchs(arguments: dict[str, Any], dtype: str) -> None:
    pytest.importorskip("torch")
    from tests.engine.optim.beside_torch import STEPS, Twins

    Twins("Muon", arguments, dtype, SHAPES).run(range(STEPS))


@pytest.mark.parity
def test_larger_matrices_differ_by_bfloat16s_rounding_alone() -> None:
    pytest.importorskip("torch")
    from tests.engine.optim.beside_torch import Twins

    # The order of sums decides how a tie is rounded: a 256th of an update whose elements are at most about one.
    Twins("Muon", {}, shapes=((64, 48), (40, 90))).run(range(1), tolerance=0.05 / 100)
