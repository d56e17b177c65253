"""How many of PyTorch's operations give PyTorch's results: the promise that is kept, after all samples are through."""

import pytest

from tests.parity.table import FUNCTIONAL, Table

pytestmark = pytest.mark.parity

NAMES_AT_LEAST = 320
# One takes integers alone, and all samples of the other drop out at random: they agree, but don't count.
AGREE_WITHOUT_COUNTING = {"nn.functional.one_hot", "nn.functional.multi_head_attention_forward"}


@pytest.fixture
def whole_table(table: Table, pytestconfig: pytest.Config) -> Table:
    asked_for_less = pytestconfig.option.keyword or pytestconfig.getoption("--part")
    if asked_for_less or not any(tally.samples.samples for tally in table.tallies.values()):
        pytest.skip("only some of the samples were asked for")
    return table


def test_the_promised_number_of_names_counts(whole_table: Table) -> None:
    assert len(whole_table.counted()) >= NAMES_AT_LEAST


def test_every_dense_function_of_nn_counts(whole_table: Table) -> None:
    functional = {name for name in whole_table.tallies if name.startswith(FUNCTIONAL)}
    assert functional - set(whole_table.counted()) <= AGREE_WITHOUT_COUNTING
