"""Parameters of new modules are drawn as PyTorch draws them: same constants, bounds and distributions."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

import engine
from tests.engine.nn.catalogue.fresh import WIDE
from tests.engine.nn.catalogue.whole import CATALOGUE, WARNINGS

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, *map(pytest.mark.filterwarnings, WARNINGS)]


def test_every_module_with_parameters_of_its_own_is_drawn() -> None:
    own = {
        each.name
        for each in CATALOGUE
        if each.build is None and not each.first and dict(each.made(torch).named_parameters())
    }
    assert own == {name for name, _, _ in WIDE}


@pytest.mark.parametrize(("name", "args", "options"), WIDE, ids=[f"{each[0]}-{each[2]}" for each in WIDE])
def test_fresh_parameters_have_pytorchs_distributions(name: str, args: Any, options: dict[str, Any]) -> None:
    engine.manual_seed(5)
    torch.manual_seed(5)
    ours = getattr(engine.nn, name)(*args, **options).state_dict()
    theirs = getattr(torch.nn, name)(*args, **options).state_dict()
    for key, value in theirs.items():
        assert_drawn_alike(ours[key].numpy().ravel(), value.numpy().ravel(), key)


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
