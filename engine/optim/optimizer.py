"""Optimizer: parameter groups, per-parameter state and their state dict, as PyTorch lays them out."""

from __future__ import annotations

import copy
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np

from engine.autograd.modes import no_grad
from engine.autograd.tensor_base import TensorBase, wrap
from engine.backend.namespace import to_device, using
from engine.optim.optimizer_hooks import (
    GIVEN,
    GIVING,
    TAKEN,
    TAKING,
    OptimizerHooks,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook", "required"]

Group = dict[str, Any]
Closure = Callable[[], Any]
Parameters = Iterable[Any]


class _Required:
    """The default of what every group must say for itself."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


class Optimizer(OptimizerHooks):
    """The base of all optimizers (torch.optim.Optimizer).

    `params` are tensors, (name, tensor) pairs, or dicts with `params` and values that differ from `defaults`. `state`
    maps a parameter to a dict by name. A subclass writes `step`. Raises TypeError and ValueError as PyTorch does.
    """

    def __init__(self, params: Parameters, defaults: Group) -> None:
        if isinstance(params, TensorBase):
            raise TypeError("params must be an iterable of tensors or dicts; for one tensor, write [tensor]")
        self.defaults = defaults
        self._hooks = defaultdict(OrderedDict)
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[Group] = []
        given = list(params)
        if not given:
            raise ValueError("optimizer got an empty parameter list")
        for group in given if isinstance(given[0], dict) else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Let the optimizer update more parameters, with values of their own."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group).__name__}")
        _separate_names(param_group)
        for position, tensor in enumerate(param_group["params"]):
            _check_parameter(tensor, f"{_label(param_group, position)} of group {len(self.param_groups)}")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    f"parameter group didn't specify a value of required optimization parameter {name}: "
                    f"group {len(self.param_groups)}"
                )
            param_group.setdefault(name, default)
        self._check_against_others(param_group)
        self.param_groups.append(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop all gradients, or fill them with zeros in place (torch.optim.Optimizer.zero_grad)."""
        for tensor in self._parameters():
            if set_to_none or tensor.grad is None:
                tensor.grad = None
                continue
            tensor.grad = tensor.grad.detach()
            with no_grad():
                tensor.grad.zero_()

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient; returns what `closure`, which recomputes the loss, returns."""
        raise NotImplementedError(f"{type(self).__name__} must define step(closure=None)")

    def prepare(self) -> Any:
        """The next step as a `flat_pass.Pass`, which can be run again; None where an optimizer has no such form."""
        return None

    def state_dict(self) -> dict[str, Any]:
        """`state` by parameter number and `param_groups` with those numbers; tensors are shared, not copied."""
        for hook in list(self._hooks[GIVING].values()):
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for tensor in group["params"]:
                numbers.setdefault(id(tensor), len(numbers))
            packed = {name: value for name, value in group.items() if name != "params"}
            groups.append(packed | {"params": [numbers[id(tensor)] for tensor in group["params"]]})
        state = {
            numbers[id(key)] if isinstance(key, TensorBase) else key: copy.copy(values)
            for key, values in self.state.items()
        }
        return self._through_hooks(GIVEN, {"state": state, "param_groups": groups})

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a state dict of ours or of PyTorch's, in the dtype and on the device of each parameter.

        Raises ValueError where the numbers of groups or of parameters differ, or a shape does.
        """
        state_dict = self._through_hooks(TAKING, dict(state_dict))
        saved = [dict(group) for group in state_dict["param_groups"]]
        self._check_sizes(saved)
        numbers = chain.from_iterable(group["params"] for group in saved)
        by_number = dict(zip(numbers, self._parameters(), strict=True))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, values in state_dict["state"].items():
            parameter = by_number.get(key)
            if parameter is None:
                state[key] = copy.deepcopy(values)
            else:
                state[parameter] = {name: self.take_over(name, value, parameter, key) for name, value in values.items()}
        groups = []
        for group, loaded in zip(self.param_groups, saved, strict=True):
            kept = {name: group[name] for name in (*self.defaults, "param_names") if name in group}
            groups.append(kept | copy.deepcopy({name: value for name, value in loaded.items() if name != "params"}))
            groups[-1]["params"] = group["params"]
        self.__setstate__({"state": state, "param_groups": groups})
        for hook in list(self._hooks[TAKEN].values()):
            hook(self)

    def take_over(self, name: str, value: Any, parameter: Any, number: Any) -> Any:
        """A copy of a loaded value: tensors, also those in containers, take the parameter's dtype, all but `step`."""
        if isinstance(value, Mapping):
            return {key: self.take_over(key, each, parameter, number) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.take_over("", each, parameter, number) for each in value)
        array = array_of(value)
        if array is None:
            return copy.deepcopy(value)
        if name == "step":
            return wrap(parameter.result_class, array.copy())
        with using(parameter.device):
            moved = to_device(array, parameter.device).astype(parameter.dtype.numpy, copy=True)
        return wrap(parameter.result_class, moved)

    def __getstate__(self) -> dict[str, Any]:
        """What copies are made of: all but hooks."""
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over `state`, `param_groups` and the like: a load or a copy."""
        vars(self).update(state)
        vars(self).setdefault("_hooks", defaultdict(OrderedDict))

    def _check_sizes(self, saved: list[Group]) -> None:
        if len(saved) != len(self.param_groups):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(saved)}, the optimizer has {len(self.param_groups)}"
            )
        for number, (group, loaded) in enumerate(zip(self.param_groups, saved, strict=True)):
            if len(group["params"]) != len(loaded["params"]):
                raise ValueError(
                    f"loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                    f"group {number} has {len(loaded['params'])} parameters there, {len(group['params'])} here"
                )

    def _check_against_others(self, param_group: Group) -> None:
        members = param_group["params"]
        if len({id(tensor) for tensor in members}) != len(members):
            warnings.warn("optimizer contains a parameter group with duplicate parameters", UserWarning, stacklevel=4)
        taken = {id(tensor) for tensor in self._parameters()}
        for position, tensor in enumerate(members):
            if id(tensor) in taken:
                raise ValueError(
                    f"some parameters appear in more than one parameter group: {_label(param_group, position)}"
                )
        for group in self.param_groups:
            if ("param_names" in group) != ("param_names" in param_group):
                raise ValueError("all optimizer param groups should be with/without names, this one differs")

    def _parameters(self) -> Iterator[Any]:
        return chain.from_iterable(group["params"] for group in self.param_groups)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines.extend(f"    {name}: {group[name]}" for name in sorted(group) if name != "params")
        return "\n".join([*lines, ")"])


def _separate_names(group: Group) -> None:
    """Turn (name, tensor) pairs into `params` and `param_names`."""
    given = group["params"]
    if isinstance(given, set | frozenset):
        raise TypeError("optimizer parameters need an order, but that of a set changes between runs: use a list")
    members = [given] if isinstance(given, TensorBase) else list(given)
    named = [member for member in members if isinstance(member, tuple)]
    if named and len(named) != len(members):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    group["params"] = [tensor for _, tensor in named] if named else members
    if named:
        group["param_names"] = [name for name, _ in named]


def _check_parameter(tensor: Any, label: str) -> None:
    if not isinstance(tensor, TensorBase):
        raise TypeError(f"optimizer can only optimize Tensors, but {label} is {type(tensor).__name__}")
    if not (tensor.is_leaf or getattr(tensor, "retains_grad", False)):
        raise ValueError(f"can't optimize a non-leaf Tensor: {label} is the result of {tensor.grad_fn}")


def _label(group: Group, position: int) -> str:
    return f"parameter {group['param_names'][position]!r}" if "param_names" in group else f"parameter {position}"


def array_of(value: Any) -> Any:
    """The array of a tensor of ours, an array itself, or the elements of what else can show them (a PyTorch tensor)."""
    if isinstance(value, TensorBase):
        return value.array
    if hasattr(value, "flags"):
        return value
    return np.asarray(value) if hasattr(value, "__array__") else None
