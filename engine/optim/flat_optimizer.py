"""FlatOptimizer: runs one update rule over flat storage, or over the parts of it whose parameters have gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from engine.autograd.modes import enable_grad, host_read, modes
from engine.autograd.tensor_base import wrap
from engine.backend.namespace import using, xp
from engine.kernels.kernel import Kernel
from engine.optim.flat_part import FlatPart
from engine.optim.flat_pass import Pass
from engine.optim.flat_storage import FlatStorage, Segment, flat_storage, may_move, number_type
from engine.optim.hyperparameters import refuse_switches
from engine.optim.optimizer import Closure, Group, Optimizer, Parameters, array_of


class FlatOptimizer(Optimizer):
    """An optimizer whose rule works element by element.

    A parameter moves into a buffer that it shares with others of its group, dtype and device: at once if it requires
    grad, else at its first step with a gradient. It stays outside where something else views its memory, and leaves
    when its array is replaced after that.
    `foreach`, `fused` and `capturable` choose between kernels in PyTorch; here one rule serves all, and they mean
    nothing. Raises ValueError for `differentiable`, RuntimeError for switches that exclude each other, TypeError for
    complex parameters.
    """

    numbers: ClassVar[tuple[str, ...]] = ("step",)
    """The state that is one number for each parameter; `step` is its count of updates."""

    def __init__(self, params: Parameters, defaults: Group) -> None:
        refuse_switches(type(self).__name__, defaults)
        super().__init__(params, defaults)
        self._segments: dict[Any, Segment] = {}
        self._pass: Pass | None = None
        for group in self.param_groups:
            self._settle(tensor for tensor in group["params"] if tensor.requires_grad and tensor.array is not None)

    def add_param_group(self, param_group: Group) -> None:
        """Let the optimizer update more parameters, with values of their own; TypeError for complex ones."""
        super().add_param_group(param_group)
        for position, tensor in enumerate(param_group["params"]):
            if tensor.dtype.is_complex:
                self.param_groups.pop()
                raise TypeError(
                    f"{type(self).__name__} does not support complex parameters: parameter {position} of group "
                    f"{len(self.param_groups)} is {tensor.dtype}; optimize its real and imaginary parts"
                )

    def arrays(self, group: Group) -> tuple[str, ...]:
        """The names of the state that looks like the parameter."""
        raise NotImplementedError

    def start(self, group: Group, name: str) -> float:
        """What a kind of state begins with."""
        return 0.0

    def turn(self, group: Group, numbers: dict[str, Any]) -> Sequence[Any]:
        """Move numbers, an array a name, on by one update, in place; returns what the rule needs of them for each.

        Parameters for which it is equal are updated together. By default it is the count of updates.
        """
        numbers["step"] += 1
        return list(map(int, numbers["step"].tolist()))

    def update(
        self, group: Group, stage: Any, parameter: Any, gradient: Any, states: Mapping[str, Any], scratch: Sequence[Any]
    ) -> None:
        """The rule: write into `parameter`, `states` and, as is useful, `gradient` and the two arrays of `scratch`.

        All are 1-d and equally long; `stage` is what `turn` returned.
        """
        raise NotImplementedError

    def cpu_kernel(self, group: Group) -> Kernel | None:
        """What follows the rule in one pass over float32 on the CPU, for the group's switches; None: `update` alone."""
        return None

    def coefficients(self, group: Group, stage: Any) -> tuple[float, ...]:
        """What the kernel needs to know besides `direction`; `stage` is what `turn` returned."""
        return ()

    def prepare(self) -> Pass:
        """The update of all parameters that have a gradient now, with their states begun; the last one if it holds."""
        if self._pass is None or not self._pass.holds():
            parts = []
            for group in self.param_groups:
                for home, segments in self._homes(group).items():
                    with using(home.device):
                        parts.append(FlatPart(self, group, home, segments))
            self._pass = Pass(self, parts)
        return self._pass

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient; returns what `closure`, which recomputes the loss, returns."""
        loss = None
        if closure is not None:
            host_read("an optimizer step with a closure")
            with enable_grad():
                loss = closure()
        # What overflows is for the guard that looks at losses and gradients to report, as on a GPU.
        with np.errstate(all="ignore"):
            update = self.prepare()
            update.collect()
            update.run()
        observer = modes.state.observer
        if observer is not None:
            observer.acts(update, [tensor.gradient for tensor, _ in update.gradients])
        return loss

    def take_over(self, name: str, value: Any, parameter: Any, number: Any) -> Any:
        """A copy of a loaded value like the parameter; the type of numbers is their own. ValueError for a wrong shape.

        PyTorch would round them to the parameter's type, and continue otherwise than without the interruption.
        """
        array = array_of(value)
        if name in self.numbers:
            return wrap(parameter.result_class, np.array(float(value if array is None else array), number_type()))
        if array is not None and array.shape not in (parameter.shape, ()):
            raise ValueError(
                f"state {name!r} of parameter {number} has shape {array.shape}, the parameter has {parameter.shape}"
            )
        return super().take_over(name, value, parameter, number)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over a load or a copy."""
        super().__setstate__(state)
        vars(self).setdefault("_segments", {})
        self._pass = None

    def begin_state(self, group: Group) -> None:
        """Give each parameter of a group the state that it starts with, before its first step."""
        for tensor in group["params"]:
            start = self.starts(group)
            with using(tensor.device):
                for name, value in start.items():
                    if name in self.numbers:
                        begun = np.array(value, number_type())
                    else:
                        begun = xp(tensor.array).full_like(tensor.array, value)
                    self.state[tensor][name] = wrap(tensor.result_class, begun)

    def starts(self, group: Group) -> dict[str, float]:
        """All that is kept for a parameter, with what it begins with; empty where nothing is."""
        return {name: self.start(group, name) for name in (*self.numbers, *self.arrays(group))}

    def _homes(self, group: Group) -> dict[FlatStorage, list[Segment]]:
        """The parameters with a gradient by where they live, newcomers settled and leavers on their own."""
        active = [tensor for tensor in group["params"] if tensor.gradient is not None and tensor.array is not None]
        for tensor in active:
            segment = self._segments.get(tensor)
            if segment is not None and segment.array is not tensor.array and not self.state.get(tensor):
                # Replaced before its first step, as by `.to(device)`: it is a newcomer still.
                del self._segments[tensor]
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
