"""AveragedModel: a copy of a model whose weights are a running average of the model's."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import chain
from typing import Any

from engine.autograd.modes import no_grad
from engine.averaging.averages import Average, MultiAverage, get_swa_multi_avg_fn
from engine.backend.dtype import int64
from engine.creation import tensor
from engine.nn.module import Module


class AveragedModel(Module):
    """A copy of `model`, under `module`, that averages its weights (torch.optim.swa_utils.AveragedModel).

    `avg_fn(average, current, count)` returns the new average of one tensor, `multi_avg_fn(averages, currents, count)`
    changes a list of equal dtype in place; without either all updates weigh the same. `use_buffers` averages buffers
    too; else they are copied from the model. `n_averaged` counts the updates. Raises AssertionError for both functions
    at once. Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018.
    """

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = copy.deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model gives."""
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take the present weights of `model` into the average; the first time they are copied."""
        averages = [each.detach() for each in self._averaged(self.module)]
        currents = [
            current.detach().to(device=average.device)
            for average, current in zip(averages, self._averaged(model), strict=True)
        ]
        if int(self.n_averaged) == 0:
            for average, current in zip(averages, currents, strict=True):
                average.copy_(current)
        elif self.avg_fn is not None:
            for average, current in zip(averages, currents, strict=True):
                average.copy_(self.avg_fn(average, current, self.n_averaged.to(device=average.device)))
        else:
            self._move_together(averages, currents)
        if not self.use_buffers:
            for buffer, current in zip(self.module.buffers(), model.buffers(), strict=True):
                buffer.copy_(current)
        self.n_averaged += 1

    def _averaged(self, model: Module) -> Iterator[Any]:
        return chain(model.parameters(), model.buffers()) if self.use_buffers else iter(model.parameters())

    def _move_together(self, averages: list[Any], currents: list[Any]) -> None:
        move = self.multi_avg_fn or get_swa_multi_avg_fn()
        kinds: dict[Any, tuple[list[Any], list[Any]]] = {}
        for average, current in zip(averages, currents, strict=True):
            members = kinds.setdefault((average.device, average.dtype), ([], []))
            members[0].append(average)
            members[1].append(current)
        for (device, _), members in kinds.items():
            move(*members, self.n_averaged.to(device=device))
