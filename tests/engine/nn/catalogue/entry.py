"""Entry: a module that PyTorch has under the same name, with the arguments and inputs it is compared over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.creation import tensor

FLOAT64, FLOAT32 = 1e-9, 1e-4


def run(library: Any, module: Any, *tensors: Any) -> Any:
    """The module called with its inputs."""
    return module(*tensors)


@dataclass(frozen=True)
class Entry:
    """One module, built twice, and its inputs: arrays of float64, given in both floating types.

    Arrays among `args` and `options` become tensors of the library. `call(library, module, *tensors)` runs the module,
    where that takes more than the inputs; `build(library)` makes it, where that takes more than its class. `constants`
    are the positions of inputs without a gradient; `modes` says in which modes it can be compared, training first;
    `first` runs it once before anything is compared, as lazy modules want; `limit` is how near float64 comes.
    """

    name: str
    args: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[np.ndarray, ...] = ()
    call: Callable[..., Any] = run
    build: Callable[[Any], Any] | None = None
    constants: tuple[int, ...] = ()
    modes: tuple[bool, ...] = (True, False)
    first: bool = False
    limit: float = FLOAT64
    label: str = ""

    def __str__(self) -> str:
        told = [str(each) for each in self.args] + [f"{key}={value}" for key, value in self.options.items()]
        shapes = " ".join("x".join(map(str, each.shape)) or "scalar" for each in self.inputs)
        return f"{self.name}({', '.join(told)}) of {shapes} {self.label}".replace("\n", " ").strip()

    def made(self, library: Any) -> Any:
        """The module of `library`, which is `engine` or `torch`."""
        if self.build is not None:
            return self.build(library)
        args = [_in(library, each) for each in self.args]
        return getattr(library.nn, self.name)(*args, **{key: _in(library, each) for key, each in self.options.items()})


def entries(name: str, grid: list[tuple[tuple[Any, ...], dict[str, Any]]], *inputs: np.ndarray) -> list[Entry]:
    """The module with each of a grid of arguments."""
    return [Entry(name, args, options, inputs) for args, options in grid]


def _in(library: Any, value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return tensor(value) if library.__name__ == "engine" else library.tensor(value)
