"""Every module that PyTorch has too, beside PyTorch's: text, state, outputs, gradients, buffers and signatures."""

import inspect
from pathlib import Path
from typing import Any

import pytest

import engine
from tests.engine.nn.catalogue.beside import check_entry
from tests.engine.nn.catalogue.entry import Entry
from tests.engine.nn.catalogue.whole import ABSTRACT, CATALOGUE, WARNINGS

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.parity, *map(pytest.mark.filterwarnings, WARNINGS)]


def modules_of(library: Any) -> dict[str, Any]:
    """The module classes that a library exports from its `nn`."""
    found = {name: getattr(library.nn, name) for name in dir(library.nn)}
    base = library.nn.Module
    return {name: each for name, each in found.items() if inspect.isclass(each) and issubclass(each, base)}


OURS, THEIRS = modules_of(engine), modules_of(torch)
SHARED = sorted(OURS.keys() & THEIRS.keys())


def test_every_class_of_both_is_in_the_catalogue() -> None:
    assert sorted({each.name for each in CATALOGUE} | ABSTRACT.keys()) == SHARED


@pytest.mark.parametrize("name", ABSTRACT)
def test_what_the_catalogue_leaves_out_cannot_be_run_in_either(name: str) -> None:
    for library in (engine, torch):
        module = ABSTRACT[name](library)
        assert type(module) is getattr(library.nn, name)
        with pytest.raises(NotImplementedError):
            module(library.ones(2, 2, 3))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("entry", CATALOGUE, ids=str)
def test_a_module_is_pytorchs(entry: Entry, dtype: str, tmp_path: Path) -> None:
    check_entry(entry, dtype, tmp_path)


def parameters_of(function: Any) -> list[tuple[str, Any, Any]]:
    """Names, kinds and defaults; what a default does, where it is a function."""
    given = list(inspect.signature(function).parameters.values())
    return [
        (each.name, each.kind, getattr(each.default, "__name__", None) or each.default)
        for each in given
        if each.default is not inspect.Parameter.empty or each.name != "self"
    ]


def tells_nothing(function: Any) -> bool:
    """Whether a function takes anything at all, as far as its signature says."""
    return any(each.kind is inspect.Parameter.VAR_KEYWORD for each in inspect.signature(function).parameters.values())


@pytest.mark.parametrize("name", sorted(set(SHARED) - ABSTRACT.keys()))
def test_a_module_is_made_and_called_as_in_pytorch(name: str) -> None:
    ours, theirs = OURS[name], THEIRS[name]
    if not tells_nothing(theirs.__init__):
        assert parameters_of(ours.__init__) == parameters_of(theirs.__init__)
    if theirs.forward is not THEIRS["Module"].forward:
        assert parameters_of(ours.forward) == parameters_of(theirs.forward)
