"""Every call that PyTorch's database lists as wrong is refused as PyTorch refuses it."""

from typing import Any

import pytest

from tests.parity.database import entries_wanted
from tests.parity.errors import check_error, errors_of, has_errors
from tests.parity.names import label, our_function
from tests.parity.outcome import hold
from tests.parity.table import Table

# What PyTorch's own samples and functions warn of is no concern here.
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    cases = [entry for entry in entries_wanted(metafunc.config) if has_errors(entry) and our_function(entry)]
    metafunc.parametrize("entry", cases, ids=[label(entry) for entry in cases])


def test_wrong_calls_are_refused(entry: Any, table: Table) -> None:
    outcome = hold(errors_of(entry), lambda sample: check_error(entry, sample))
    table.add_errors(entry, outcome)
    outcome.fail_if_any_failed(f"{label(entry)}, wrong calls")
