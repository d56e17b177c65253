"""Every sample of PyTorch's database, for every name that we have: PyTorch's results and gradients."""

from typing import Any

import pytest

from tests.parity.compare import dtype_name
from tests.parity.database import entries_wanted
from tests.parity.names import label, our_function
from tests.parity.samples import MEASURED, check_sample, dtypes_of, samples_of
from tests.parity.summary import complaint, summary
from tests.parity.table import Table

pytestmark = pytest.mark.parity
SHOWN = 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    ours = [entry for entry in entries_wanted(metafunc.config) if our_function(entry) is not None]
    cases = [(entry, dtype) for entry in ours for dtype in dtypes_of(entry)]
    metafunc.parametrize(("entry", "dtype"), cases, ids=[f"{label(e)}-{dtype_name(d)}" for e, d in cases])


def test_samples_agree(entry: Any, dtype: Any, table: Table) -> None:
    tally = table[entry.name]
    tally.measured |= dtype in MEASURED
    failures = []
    for index, sample in samples_of(entry, dtype):
        tally.samples += 1
        try:
            reason = check_sample(entry, sample)
        except Exception as error:
            failures.append(f"sample {index} {summary(sample)}\n    {complaint(error)}")
        else:
            tally.agreed += reason is None
            tally.left_out.update([reason] if reason else [])
    if failures:
        heading = f"{label(entry)} {dtype_name(dtype)}: {len(failures)} samples disagree"
        pytest.fail("\n".join([heading, *failures[:SHOWN]]), pytrace=False)
