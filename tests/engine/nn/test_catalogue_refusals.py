"""What does not fit a module is refused with PyTorch's kind of error, and in words that name both sides."""

from typing import Any

import pytest

import engine
from tests.engine.nn.catalogue.entry import run as call
from tests.engine.nn.catalogue.refusals import REFUSALS, STRICTER, Refusal
from tests.engine.nn.catalogue.sequences import with_state
from tests.engine.nn.catalogue.whole import WARNINGS

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, *map(pytest.mark.filterwarnings, WARNINGS)]


def raised(refusal: Refusal, library: Any) -> Exception:
    """What making the module raises, or running it."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        run(refusal, library)
    return caught.value


def run(refusal: Refusal, library: Any) -> None:
    """Make the module and run it, but for one that must not even be made."""
    module = getattr(library.nn, refusal.name)(*refusal.args, **refusal.options)
    if not refusal.inputs:
        pytest.fail(f"{module} was made")
    given = [each.made(library) for each in refusal.inputs]
    (with_state if refusal.name.startswith("LSTM") else call)(library, module, *given)


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_a_refusal_is_pytorchs_and_names_both_sides(refusal: Refusal) -> None:
    ours, theirs = raised(refusal, engine), raised(refusal, torch)
    assert type(ours) is type(theirs), f"{ours!r} here, {theirs!r} in PyTorch"
    assert_told(refusal, ours)


def assert_told(refusal: Refusal, error: Exception) -> None:
    """All that the refusal has to name is in the error's words."""
    for word in refusal.told:
        assert word in str(error), f"no {word!r} in: {error}"


@pytest.mark.parametrize("refusal", STRICTER, ids=str)
def test_data_is_not_read_where_there_is_none(refusal: Refusal) -> None:
    run(refusal, torch)
    error = raised(refusal, engine)
    assert type(error) is RuntimeError
    assert_told(refusal, error)
