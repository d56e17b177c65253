"""L-BFGS and its line search: minima that are known, both Wolfe conditions, resumes; beside PyTorch's too."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from engine.optim import LBFGS
from engine.optim.line_search import Trial, cubic_minimum, strong_wolfe

ARGUMENTS: list[dict[str, Any]] = [
    {"line_search_fn": "strong_wolfe"},
    {"lr": 0.001, "max_iter": 7},
    {"lr": 0.002, "max_iter": 4, "history_size": 3},
    {"lr": 0.5, "line_search_fn": "strong_wolfe", "max_iter": 3, "history_size": 2},
    {"line_search_fn": "strong_wolfe", "max_iter": 5, "max_eval": 6},
    {"line_search_fn": "strong_wolfe", "max_iter": 1},
]


def valley(module: Any, dtype: str = "float64") -> tuple[list[Any], Callable[[], Any]]:
    """Rosenbrock's function in two tensors, and a third that it does not depend on."""
    starts = [[-1.2, 0.5], [[1.0, 2.0]], [3.0]]
    members = [module.tensor(np.array(each, dtype), requires_grad=True) for each in starts]

    def loss() -> Any:
        first, second, _ = members
        return ((1 - first) ** 2).sum() + 100 * ((second - first * first) ** 2).sum()

    return members, loss


def closure_of(optimizer: Any, loss: Callable[[], Any], seen: list[float]) -> Callable[[], Any]:
    def closure() -> Any:
        optimizer.zero_grad()
        result = loss()
        result.backward()
        seen.append(result.item())
        return result

    return closure


def descend(optimizer: Any, loss: Callable[[], Any], steps: int) -> list[float]:
    """Every loss that the closure computed on the way."""
    seen: list[float] = []
    for _ in range(steps):
        optimizer.step(closure_of(optimizer, loss, seen))
    return seen


def test_the_valleys_minimum_is_found() -> None:
    members, loss = valley(engine)
    descend(LBFGS(members, line_search_fn="strong_wolfe", max_iter=100), loss, 1)
    np.testing.assert_allclose(members[0].array, 1, rtol=1e-4)
    np.testing.assert_allclose(members[1].array, 1, rtol=1e-4)
    assert members[2].item() == 3


def test_a_quadratic_of_n_dimensions_takes_about_n_iterations() -> None:
    random = np.random.default_rng(0)
    root = random.normal(size=(8, 8))
    matrix = engine.tensor(root @ root.T + np.eye(8))
    x = engine.tensor(random.normal(size=8), requires_grad=True)
    optimizer = LBFGS([x], line_search_fn="strong_wolfe", max_iter=40, tolerance_change=0)
    descend(optimizer, lambda: 0.5 * x @ matrix @ x, 1)
    assert float(abs(x.array).max()) < 1e-6
    assert optimizer.state[x]["n_iter"] < 30


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_it_resumes_to_the_same_bits(arguments: dict[str, Any], dtype: str, tmp_path: Path) -> None:
    members, loss = valley(engine, dtype)
    optimizer = LBFGS(members, **arguments)
    descend(optimizer, loss, 3)
    resumed, resumed_loss = valley(engine, dtype)
    for mine, other in zip(resumed, members, strict=True):
        mine.data.copy_(other.detach())
    again = LBFGS(resumed, **arguments)
    engine.save(optimizer.state_dict(), tmp_path / "state")
    again.load_state_dict(engine.load(tmp_path / "state"))
    assert descend(again, resumed_loss, 3) == descend(optimizer, loss, 3)


@given(
    coefficients=st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    first=st.floats(0.01, 5),
)
def test_the_search_ends_where_both_conditions_hold(coefficients: list[float], first: float) -> None:
    a, b, c = coefficients

    def evaluate(at: float) -> Trial:
        value = 0.1 * at**4 + a * at**3 + b * at**2 - (abs(c) + 0.1) * at + np.sin(3 * at)
        slope = 0.4 * at**3 + 3 * a * at**2 + 2 * b * at - (abs(c) + 0.1) + 3 * np.cos(3 * at) - 3
        # The sine's slope is 3 at the start: taken off both, the line begins downhill.
        return Trial(at, float(value - 3 * at), np.array([slope]), float(slope))

    calls: list[float] = []

    def counted(at: float) -> Trial:
        calls.append(at)
        return evaluate(at)

    start = evaluate(0.0)
    found, count = strong_wolfe(counted, start, first, longest=1.0, most=60, tolerance=0)
    assert count == len(calls)
    assert found.value <= start.value + 1e-4 * found.at * start.slope
    assert abs(found.slope) <= -0.9 * start.slope


@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(-3, 3), st.floats(0.1, 2))
def test_the_cubic_through_two_points_of_a_parabola_is_least_at_its_vertex(
    left: float, width: float, vertex: float, height: float
) -> None:
    def trial(at: float) -> Trial:
        return Trial(at, height * (at - vertex) ** 2, None, 2 * height * (at - vertex))

    expected = min(max(vertex, left), left + width)
    for ends in ((left, left + width), (left + width, left)):
        assert cubic_minimum(trial(ends[0]), trial(ends[1])) == pytest.approx(expected, abs=1e-6)


def test_what_it_cannot_do_is_said() -> None:
    members, loss = valley(engine)
    with pytest.raises(ValueError, match="parameter groups"):
        LBFGS([{"params": members[:1]}, {"params": members[1:]}])
    with pytest.raises(RuntimeError, match="only 'strong_wolfe' is supported, got 'weak'"):
        descend(LBFGS(members, line_search_fn="weak"), loss, 1)


@pytest.mark.parity
@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_loss_on_the_way_is_pytorchs(arguments: dict[str, Any], dtype: str) -> None:
    torch = pytest.importorskip("torch")
    members, loss = valley(engine, dtype)
    others, other_loss = valley(torch, dtype)
    mine, other = LBFGS(members, **arguments), torch.optim.LBFGS(others, **arguments)
    # In float32 the search's comparisons of nearly equal losses soon differ.
    steps, limit = (10, 1e-8) if dtype == "float64" else (1, 1e-2)
    np.testing.assert_allclose(
        descend(mine, loss, steps), descend(other, other_loss, steps), rtol=limit, atol=limit * 1e-6
    )
    state, expected = mine.state[members[0]], other.state[others[0]]
    # PyTorch's `al` is a work list that each iteration fills anew.
    assert set(state) == set(expected) - {"al"}
    assert (state["n_iter"], state["func_evals"]) == (expected["n_iter"], expected["func_evals"])


@pytest.mark.parity
@pytest.mark.parametrize("arguments", ARGUMENTS[:4])
def test_state_dicts_are_carried_to_and_from_pytorch(arguments: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    from tests.engine.optim.beside_torch import as_torch

    members, loss = valley(engine)
    others, other_loss = valley(torch)
    mine, other = LBFGS(members, **arguments), torch.optim.LBFGS(others, **arguments)
    descend(other, other_loss, 3)
    for member, value in zip(members, others, strict=True):
        member.data.copy_(engine.tensor(value.detach().numpy()))
    mine.load_state_dict(other.state_dict())
    np.testing.assert_allclose(descend(mine, loss, 2), descend(other, other_loss, 2), rtol=1e-8, atol=1e-14)
    back, back_loss = valley(torch)
    for member, value in zip(members, back, strict=True):
        value.data.copy_(torch.tensor(member.array))
    again = torch.optim.LBFGS(back, **arguments)
    again.load_state_dict(as_torch(mine.state_dict()))
    np.testing.assert_allclose(descend(mine, loss, 2), descend(again, back_loss, 2), rtol=1e-7, atol=1e-14)
