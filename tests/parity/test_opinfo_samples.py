"""Every sample of PyTorch's database, for every name that we have, gives PyTorch's results and gradients."""

from typing import Any

import pytest

from tests.parity.compare import dtype_name
from tests.parity.database import entries_wanted
from tests.parity.names import label, our_function
from tests.parity.outcome import hold
from tests.parity.samples import check_sample, dtypes_of, samples_of
from tests.parity.table import Table

# What PyTorch's own samples and functions warn of is no concern here.
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    ours = [entry for entry in entries_wanted(metafunc.config) if our_function(entry)]
    cases = [(entry, dtype) for entry in ours for dtype in dtypes_of(entry)]
    metafunc.parametrize(("entry", "dtype"), cases, ids=[f"{label(e)}-{dtype_name(d)}" for e, d in cases])


def test_samples_agree(entry: Any, dtype: Any, table: Table) -> None:
    outcome = hold(samples_of(entry, dtype), lambda sample: check_sample(entry, sample))
    table.add_samples(entry, dtype, outcome)
    outcome.fail_if_any_failed(f"{label(entry)} {dtype_name(dtype)}")
