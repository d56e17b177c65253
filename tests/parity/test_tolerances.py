"""Where results may differ from PyTorch's, ours are the exact ones."""

from collections.abc import Callable

import numpy as np
import pytest
import scipy.special
import torch

import engine
from tests.parity.names import by_path
from tests.parity.tolerances import INEXACT_IN_PYTORCH, TOLERANCES

pytestmark = pytest.mark.parity

EXACT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "special.airy_ai": lambda x: scipy.special.airy(x)[0],
    "special.bessel_j0": scipy.special.j0,
    "special.bessel_j1": scipy.special.j1,
    "special.bessel_y0": scipy.special.y0,
    "special.bessel_y1": scipy.special.y1,
}


@pytest.mark.parametrize("name", EXACT)
def test_ours_is_scipys_and_pytorchs_is_not(name: str) -> None:
    x = np.linspace(0.1 if "bessel_y" in name else -8, 8, 500)
    ours, theirs = by_path(name), getattr(torch.special, name.removeprefix("special."))
    assert ours is not None
    allowed = TOLERANCES["float64"].absolute
    assert np.abs(ours(engine.from_numpy(x)).numpy() - EXACT[name](x)).max() < allowed
    assert allowed < np.abs(theirs(torch.from_numpy(x)).numpy() - EXACT[name](x)).max() < INEXACT_IN_PYTORCH[name]


def test_the_gradient_of_as_strided_scatter_is_wrong_in_pytorch() -> None:
    ours = engine.zeros(4, dtype=engine.float64, requires_grad=True)
    theirs = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    engine.as_strided_scatter(ours, engine.ones(1, dtype=engine.float64), (1,), (1,), 0).sum().backward()
    torch.as_strided_scatter(theirs, torch.ones(1, dtype=torch.float64), (1,), (1,), 0).sum().backward()
    # The first element is written over, so the sum doesn't depend on it.
    assert ours.grad.tolist() == [0, 1, 1, 1]
    assert theirs.grad is not None
    assert theirs.grad.tolist() == [1, 0, 0, 0]
