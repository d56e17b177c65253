"""FlatOptimizer: runs one update rule over flat storage, or over the parts of it whose parameters have gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.autograd.modes import enable_grad, host_read
from engine.backend.namespace import using
from engine.optim.flat_storage import FlatStorage, Segment, flat_storage, may_move, stretches
from engine.optim.optimizer import Closure, Group, Optimizer, Parameters


class FlatOptimizer(Optimizer):
    """An optimizer whose rule works element by element.

    At its first step with a gradient a parameter moves into a buffer that it shares with the others of its group, dtype
    and device. It stays outside where something else views its memory, and leaves when its array is replaced.
    """

    def __init__(self, params: Parameters, defaults: Group) -> None:
        for name in ("capturable", "differentiable"):
            if defaults.get(name):
                raise ValueError(f"{type(self).__name__}: {name}=True is not supported; leave it out")
        super().__init__(params, defaults)
        self.steps_taken: int = 0
        self._segments: dict[Any, Segment] = {}

    def state_names(self, group: Group) -> tuple[str, ...]:
        """The names of what is kept for each parameter; `step` is its count of updates, the rest look like it."""
        raise NotImplementedError

    def stage(self, step: int) -> int:
        """What the rule makes of a parameter's count of updates; parameters at one stage are updated together."""
        return step

    def update(
        self, group: Group, stage: int, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule: write into `parameter`, `states` and the two arrays of `scratch`, all 1-d and equally long."""
        raise NotImplementedError

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient; returns what `closure`, which recomputes the loss, returns."""
        host_read("an optimizer step")
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        # What overflows is for the guard that looks at losses and gradients to report, as on a GPU.
        with np.errstate(all="ignore"):
            for group in self.param_groups:
                for home, segments in self._homes(group).items():
                    with using(home.device):
                        self._update_home(group, home, segments)
        self.steps_taken += 1
        return loss

    def _homes(self, group: Group) -> dict[FlatStorage, list[Segment]]:
        """The parameters with a gradient by where they live, newcomers settled and leavers on their own."""
        active = [tensor for tensor in group["params"] if tensor.gradient is not None and tensor.array is not None]
        self._settle(tensor for tensor in active if tensor not in self._segments)
        homes: dict[FlatStorage, list[Segment]] = {}
        for tensor in active:
            segment = self._segments[tensor]
            if segment.array is not tensor.array:
                segment = self._segments[tensor] = flat_storage([tensor], alone=True).segments[0]
            homes.setdefault(segment.home, []).append(segment)
        return homes

    def _settle(self, newcomers: Iterable[Any]) -> None:
        together: dict[Any, list[Any]] = {}
        homes = []
        for tensor in dict.fromkeys(newcomers):
            if may_move(tensor):
                together.setdefault((tensor.dtype, tensor.device), []).append(tensor)
            else:
                homes.append(flat_storage([tensor], alone=True))
        homes.extend(flat_storage(tensors) for tensors in together.values())
        self._segments.update((segment.tensor, segment) for home in homes for segment in home.segments)

    def _update_home(self, group: Group, home: FlatStorage, segments: list[Segment]) -> None:
        names = self.state_names(group)
        for segment in segments:
            if names and not segment.shows(self.state[segment.tensor], names):
                home.adopt(segment, self.state[segment.tensor], names)
            segment.gradient[...] = segment.tensor.gradient.array
            if home.copied:
                segment.value[...] = segment.array
        steps = home.count(segments) if names else [0] * len(segments)
        stages = [(segment, self.stage(step)) for segment, step in zip(segments, steps, strict=True)]
        states = {name: home.state(name) for name in names if name != "step"}
        for span, stage in stretches(stages):
            for piece in home.pieces(span):
                scratch = home.scratch[:, : piece.stop - piece.start]
                parts = {name: array[piece] for name, array in states.items()}
                self.update(group, stage, home.buffer[piece], home.gradients[piece], parts, scratch)
        for segment in segments:
            if home.copied:
                segment.array[...] = segment.value
            segment.tensor.storage.version += 1
