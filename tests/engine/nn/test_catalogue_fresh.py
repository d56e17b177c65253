"""Parameters of new modules are drawn as PyTorch draws them: same constants, bounds and distributions."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

import engine
from tests.engine.nn.catalogue.fresh import LAZY, WIDE
from tests.engine.nn.catalogue.whole import CATALOGUE, WARNINGS

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, *map(pytest.mark.filterwarnings, WARNINGS)]


def test_every_module_with_parameters_of_its_own_is_drawn() -> None:
    own = {each.name for each in CATALOGUE if each.build is None and list(each.made(torch).parameters())}
    assert own == {name for name, _, _ in [*WIDE, *LAZY]}


@pytest.mark.parametrize(("name", "args", "options"), WIDE, ids=[f"{each[0]}-{each[2]}" for each in WIDE])
def test_fresh_parameters_have_pytorchs_distributions(name: str, args: Any, options: dict[str, Any]) -> None:
    engine.manual_seed(5)
    torch.manual_seed(5)
    ours, theirs = (getattr(library.nn, name)(*args, **options) for library in (engine, torch))
    assert_states_drawn_alike(ours, theirs)


@pytest.mark.parametrize(("name", "args", "shape"), LAZY, ids=[each[0] for each in LAZY])
def test_lazy_parameters_are_drawn_so_once_they_have_a_shape(name: str, args: Any, shape: tuple[int, ...]) -> None:
    engine.manual_seed(5)
    torch.manual_seed(5)
    ours, theirs = (getattr(library.nn, name)(*args) for library in (engine, torch))
    ours(engine.ones(shape))
    theirs(torch.ones(shape))
    assert_states_drawn_alike(ours, theirs)


def assert_states_drawn_alike(ours: Any, theirs: Any) -> None:
    """All parameters and buffers, of two new modules."""
    mine = ours.state_dict()
    for key, value in theirs.state_dict().items():
        assert_drawn_alike(mine[key].numpy().ravel(), value.numpy().ravel(), key)


def assert_drawn_alike(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """Equal constants, or two draws from one distribution; a uniform one's bounds show in its largest value."""
    assert (ours == 0).sum() == (theirs == 0).sum(), what
    if np.unique(theirs).size <= 2:
        np.testing.assert_array_equal(ours, theirs, err_msg=what)
        return
    assert stats.ks_2samp(ours, theirs).pvalue > 1e-4, what
    spread = ours.std(), theirs.std()
    assert abs(spread[0] - spread[1]) < 5 * spread[1] / np.sqrt(ours.size), (what, spread)
    uniform = abs(theirs).max() < 1.8 * theirs.std()
    if uniform:
        assert abs(ours).max() == pytest.approx(abs(theirs).max(), rel=20 / ours.size), what
