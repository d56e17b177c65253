"""Gradients of gradients, in float64 and along a random direction, are PyTorch's wherever it has them."""

import warnings
from typing import Any

import numpy as np
import pytest

from tests.parity.database import entries_wanted
from tests.parity.names import label, our_function
from tests.parity.second_order import numeric_second, our_second, samples_tried, their_second
from tests.parity.settings import SEED

pytestmark = pytest.mark.parity

# Where PyTorch's are wrong, and ours are shown to be the change of the first ones.
WRONG_IN_PYTORCH = {
    "nn.functional.linear_cross_entropy.chunked": "its chunks work out their gradients in forward, as constants",
    "nn.functional.linear_cross_entropy.chunked_none": "its chunks work out their gradients in forward, as constants",
    "masked.logaddexp": "where both are masked it differentiates a difference of infinities twice, which is NaN",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    ours = [each for each in entries_wanted(metafunc.config) if our_function(each) and _has_second_order(each)]
    metafunc.parametrize("entry", ours, ids=label)


def _has_second_order(entry: Any) -> bool:
    # Asked as PyTorch's own tests ask: by name, since importing PyTorch here would slow every other run.
    doubles = [each for each in entry.supported_dtypes("cpu") if str(each) == "torch.float64"]
    return bool(doubles and entry.supports_autograd and entry.supports_gradgrad)


def test_second_gradients_agree(entry: Any) -> None:
    wrong = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sample in samples_tried(entry):
            theirs = their_second(entry, sample)
            if theirs is None:
                continue
            ours = our_second(entry, sample)
            assert ours is not None, f"{label(entry)} has no gradient here, but PyTorch has one"
            if label(entry) in WRONG_IN_PYTORCH:
                wrong += assert_right(entry, sample, ours, theirs)
                continue
            for position, (mine, its) in enumerate(zip(ours, theirs, strict=True)):
                what = f"{label(entry)}: second gradient of tensor {position}"
                # Weights of some functions are float32 whatever their input is.
                near = 1e-7 if its.dtype == np.float64 else 1e-4
                np.testing.assert_allclose(mine, its, rtol=near, atol=near / 10, err_msg=what)
    assert wrong or label(entry) not in WRONG_IN_PYTORCH, f"{label(entry)} is right in PyTorch by now"


def assert_right(entry: Any, sample: Any, ours: list[np.ndarray], theirs: list[np.ndarray]) -> bool:
    """Ours are the change of our first gradients; whether PyTorch's are another."""
    rng = np.random.default_rng(SEED)
    ways = [rng.normal(size=each.shape) for each in ours]
    numeric = numeric_second(entry, sample, ways)
    mine, its = (sum((each * way).sum() for each, way in zip(found, ways, strict=True)) for found in (ours, theirs))
    np.testing.assert_allclose(mine, numeric, rtol=1e-5, atol=1e-6, err_msg=label(entry))
    return not np.isclose(its, numeric, rtol=1e-3, atol=1e-6)
