"""Pass: one update over flat storage, prepared once and run for as long as nothing that it rests on changes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain
from operator import is_
from typing import Any

import numpy as np

from engine.backend.namespace import using
from engine.optim.flat_part import FlatPart


class Pass:
    """An update of all parameters that have a gradient, from gradients that lie in flat storage.

    `gradients` pairs each parameter with the view where its gradient is to lie; `parameters` and `states` are the
    tensors and the flat arrays that a run writes; `parts` say what is updated together. Hyperparameters and counts of
    updates are read anew in each run.
    """

    def __init__(self, optimizer: Any, parts: Sequence[FlatPart]) -> None:
        segments = [segment for part in parts for segment in part.segments]
        homes = {id(part.home): part.home for part in parts}.values()
        self.parameters = tuple(segment.tensor for segment in segments)
        self.gradients = tuple((segment.tensor, segment.gradient) for segment in segments)
        self.states = tuple(chain.from_iterable((*home.states.values(), *home.numbers.values()) for home in homes))
        self._optimizer = optimizer
        self.parts = parts
        self._groups = list(optimizer.param_groups)
        self._switches = [_switches(optimizer, group) for group in self._groups]
        self._members = _members(self._groups)
        # Those without gradients are left out: an array that is held here could not move into flat storage later.
        self._updated = [tensor for tensor in self._members if tensor.gradient is not None]
        self._arrays = [tensor.array for tensor in self._updated]
        self._have_gradients = [tensor.gradient is not None for tensor in self._members]
        self._dicts = list(optimizer.state.values())
        self._shown = [*chain.from_iterable(part.shown for part in parts)]
        self._handed_out = [state[name] for state, name in self._shown]

    def holds(self) -> bool:
        """Whether this is still the whole update: it `stands`, and the same parameters have gradients."""
        return [tensor.gradient is not None for tensor in self._members] == self._have_gradients and self.stands()

    def stands(self) -> bool:
        """Whether groups, parameters, their arrays, states and switches are those that this was prepared for.

        Another number (rate, betas, decay) changes nothing, unless a kind of state comes or goes with it.
        """
        optimizer, groups = self._optimizer, self._optimizer.param_groups
        return (
            _same(groups, self._groups)
            and _same(_members(groups), self._members)
            and _same([tensor.array for tensor in self._updated], self._arrays)
            and [_switches(optimizer, group) for group in groups] == self._switches
            and _same(optimizer.state.values(), self._dicts)
            and _same([state.get(name) for state, name in self._shown], self._handed_out)
        )

    def renew_gradients(self) -> None:
        """Leave the memory of gradients to those who hold arrays over it, and take another one."""
        for home in {id(part.home): part.home for part in self.parts}.values():
            with using(home.device):
                home.renew_gradients()
        for part in self.parts:
            part.see_gradients()
        segments = [segment for part in self.parts for segment in part.segments]
        self.gradients = tuple((segment.tensor, segment.gradient) for segment in segments)

    def collect(self) -> None:
        """Copy each parameter's gradient to where it is to lie, unless it lies there."""
        for part in self.parts:
            with using(part.home.device):
                part.collect()

    def norm(self) -> float:
        """The 2-norm of all gradients in flat storage, summed in float64 in an order that sizes alone decide."""
        return math.sqrt(sum(part.squared_norm() for part in self.parts))

    def run(self, scale: float | None = None) -> None:
        """Update once, from the gradients in flat storage times `scale`, and raise the parameters' versions."""
        # What overflows is for the guard that looks at losses and gradients to report, as on a GPU.
        with np.errstate(all="ignore"):
            for part in self.parts:
                with using(part.home.device):
                    part.run(1.0 if scale is None else scale)
        for tensor in self.parameters:
            tensor.storage.version += 1

    def again(self) -> None:
        """What the optimizer's `step` does, hooks apart, from gradients that lie in flat storage."""
        self.run()
        self._optimizer.steps_taken += 1


def _members(groups: Iterable[Any]) -> list[Any]:
    return [*chain.from_iterable([group["params"] for group in groups])]


def _switches(optimizer: Any, group: Any) -> tuple[Any, ...]:
    """What decides between formulas, and with it which states there are."""
    return *optimizer.arrays(group), *[value for value in group.values() if value.__class__ is bool]


def _same(found: Any, known: Sequence[Any]) -> bool:
    """Whether these are the same objects: `==` would compare the elements of tensors."""
    return len(found) == len(known) and all(map(is_, found, known))
