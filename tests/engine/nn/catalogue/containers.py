"""Containers, each filled, and run by what it holds."""

from collections import OrderedDict
from typing import Any

import numpy as np

from tests.engine.nn.catalogue.entry import Entry

INPUT = np.random.default_rng(1).normal(size=(8, 5, 4))
ROWS = INPUT[:, 0]


def network(library: Any) -> Any:
    """Layers of many kinds, one after another and nested."""
    nn = library.nn
    inner = nn.Sequential(nn.Linear(16, 16), nn.GELU(), nn.LayerNorm(16))
    last = nn.Linear(16, 3)
    return nn.Sequential(nn.Flatten(), nn.Linear(20, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.0), inner, last)


def named(library: Any) -> Any:
    """A sequence whose layers have names."""
    nn = library.nn
    return nn.Sequential(OrderedDict(first=nn.Linear(4, 3), act=nn.Tanh(), last=nn.Linear(3, 2, bias=False)))


def layers(library: Any) -> Any:
    """A list that holds a layer twice."""
    shared = library.nn.Linear(4, 4)
    return library.nn.ModuleList([shared, library.nn.PReLU(4), shared, library.nn.ModuleList()])


def in_turn(library: Any, module: Any, input: Any) -> Any:
    """The modules of a list, one after another."""
    for each in module[:3]:
        input = each(input)
    return input


def heads(library: Any) -> Any:
    """Modules by name."""
    return library.nn.ModuleDict({"b": library.nn.Linear(4, 2), "a": library.nn.BatchNorm1d(4)})


def by_name(library: Any, module: Any, input: Any) -> Any:
    """What each of them makes of the input, by its name."""
    return {name: each(input) for name, each in module.items()}


def numbered(library: Any) -> Any:
    """A list of parameters, one of which is frozen."""
    frozen = library.nn.Parameter(library.ones(4, 2), requires_grad=False)
    return library.nn.ParameterList([library.nn.Parameter(library.ones(4, 3)), library.ones(4, 4), frozen])


def lettered(library: Any) -> Any:
    """Parameters by name."""
    return library.nn.ParameterDict({"w": library.nn.Parameter(library.ones(4, 3)), "v": library.ones(4, 2)})


def products(library: Any, module: Any, input: Any) -> Any:
    """The input times each parameter."""
    return tuple(input @ each for each in (module.values() if hasattr(module, "values") else module))


ENTRIES = [
    Entry("Sequential", (), {}, (INPUT,), build=network),
    Entry("Sequential", (), {}, (ROWS,), build=named),
    Entry("ModuleList", (), {}, (ROWS,), in_turn, layers),
    Entry("ModuleDict", (), {}, (ROWS,), by_name, heads),
    Entry("ParameterList", (), {}, (ROWS,), products, numbered),
    Entry("ParameterDict", (), {}, (ROWS,), products, lettered),
]
