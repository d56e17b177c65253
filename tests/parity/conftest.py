"""What the parity tests share: the table, filled by them and printed at the end."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

# All files here stand on PyTorch and its database.
if find_spec("torch") is None or find_spec("expecttest") is None:
    collect_ignore_glob = ["*.py"]

TABLE = pytest.StashKey[Any]()


@pytest.fixture(scope="session")
def table(pytestconfig: pytest.Config) -> Any:
    """The table of this run; a run of chosen names lists no others."""
    from tests.parity.database import entries_wanted
    from tests.parity.table import Table

    pytestconfig.stash[TABLE] = table = Table()
    if not pytestconfig.option.keyword:
        table.expect(entries_wanted(pytestconfig))
    return table


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Small tensors, many calls: a second thread would only wait."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the table."""
    table = config.stash.get(TABLE, None)
    if table is not None:
        terminalreporter.section("parity with PyTorch")
        for line in table.lines():
            terminalreporter.write_line(line)
