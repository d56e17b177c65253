"""Models print as PyTorch's do."""

from typing import Any

import pytest

import engine
from tests.engine.nn.catalogue.containers import network

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity


def models(library: Any) -> list[Any]:
    nn = library.nn

    class Custom(library.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)] + [nn.ReLU()])
            self.heads = nn.ModuleDict({"a": nn.Linear(2, 1), "b": network(library)})
            self.empty = nn.ModuleList()
            self.none = None
            self.register_module("absent", None)

        def extra_repr(self) -> str:
            return "first line\nsecond line"

    nested = nn.ModuleList([nn.Sequential(nn.Linear(1, 1)), nn.Sequential(nn.Linear(1, 1))])
    return [network(library), Custom(), nested, nn.Sequential(), nn.ModuleDict(), nn.CrossEntropyLoss()]


def test_models_print_as_in_torch() -> None:
    for ours, theirs in zip(models(engine), models(torch), strict=True):
        assert repr(ours) == repr(theirs)
