"""A Module's state dict: every parameter and persistent buffer by its dotted name, given out and taken in."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.autograd.in_place import copy_into
from engine.autograd.tensor_base import TensorBase
from engine.backend.namespace import to_device
from engine.nn.module.attributes import Attributes
from engine.nn.module.state_hooks import (
    GIVEN,
    GIVING,
    TAKEN,
    TAKING,
    StateHooks,
    from_below,
    run_state_hooks,
    with_prefixes,
)
from engine.nn.parameter import Parameter, UninitializedTensor

# The key under which a module keeps what is no tensor.
EXTRA = "_extra_state"


class IncompatibleKeys(NamedTuple):
    """The keys that a load found missing and those it had no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Place(NamedTuple):
    """Where one tensor of the state lives: the module that holds it and its name there."""

    module: Attributes
    name: str
    tensor: Any


class State(StateHooks):
    """`state_dict` and `load_state_dict`."""

    def get_extra_state(self) -> Any:
        """What a class keeps in its state beside tensors; to be overridden together with `set_extra_state`."""
        raise RuntimeError(f"{type(self).__name__} has no get_extra_state(); define it to keep more than tensors")

    def set_extra_state(self, state: Any) -> None:
        """Take what `get_extra_state` gave; to be overridden together with it."""
        raise RuntimeError(f"{type(self).__name__} has no set_extra_state(); define it to take more than tensors")

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """The state by dotted names; the tensors share the module's memory and have no history unless `keep_vars`."""
        destination = OrderedDict() if destination is None else destination
        _collect(self, destination, prefix, keep_vars)
        return destination

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy the values of a state dict into this module, or with `assign` take its very tensors.

        Raises RuntimeError that lists every missing and unexpected key (if `strict`) and every shape that differs.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        state = OrderedDict(state_dict)
        missing: list[str] = []
        unexpected: list[str] = []
        problems: list[str] = []
        for name, module in with_prefixes(self, ""):
            run_state_hooks(module, TAKING, state, name, {}, strict, missing, unexpected, problems)
        places = dict(_places(self))
        extra = {prefix + EXTRA: each for prefix, each in with_prefixes(self, "") if _has_extra(each)}
        known = [*places, *extra]
        missing += [key for key in known if key not in state and key not in missing]
        unexpected += [key for key in state if key not in known and key not in unexpected]
        incompatible = IncompatibleKeys(missing, unexpected)
        wrong = [(key, _mismatch(key, place.tensor, state[key])) for key, place in places.items() if key in state]
        for key, problem in wrong:
            if problem is None:
                _load(key, places[key], state[key], assign)
        for key, module in extra.items():
            if key in state:
                module.set_extra_state(state[key])
        for module in from_below(self):
            run_state_hooks(module, TAKEN, incompatible)
        if strict:
            problems += _wrong_keys(incompatible)
        problems += [problem for _, problem in wrong if problem is not None]
        if problems:
            listed = "\n\t".join(problems)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}")
        return incompatible


def _has_extra(module: Any) -> bool:
    return type(module).get_extra_state is not State.get_extra_state


def _collect(module: Any, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
    """Add the state of a module and of those below it, its hooks called before and after."""
    run_state_hooks(module, GIVING, prefix, keep_vars)
    for key, place in _own_places(module, prefix):
        destination[key] = place.tensor if keep_vars else place.tensor.detach()
    if _has_extra(module):
        destination[prefix + EXTRA] = module.get_extra_state()
    for name, child in module._modules.items():
        if child is not None:
            _collect(child, destination, f"{prefix}{name}.", keep_vars)
    run_state_hooks(module, GIVEN, destination, prefix, {})


def _places(module: Attributes) -> Iterator[tuple[str, Place]]:
    """Every tensor of the state: a module's own, then its children's; shared ones under each name."""
    for prefix, each in with_prefixes(module, ""):
        yield from _own_places(each, prefix)


def _own_places(module: Attributes, prefix: str) -> Iterator[tuple[str, Place]]:
    """A module's own parameters and persistent buffers."""
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        if tensor is not None and name not in module._non_persistent_buffers_set:
            yield prefix + name, Place(module, name, tensor)


def _wrong_keys(incompatible: IncompatibleKeys) -> list[str]:
    told = (("Missing", incompatible.missing_keys), ("Unexpected", incompatible.unexpected_keys))
    return [f"{kind} key(s) in state_dict: {_quoted(keys)}. " for kind, keys in told if keys]


def _mismatch(key: str, tensor: Any, given: Any) -> str | None:
    if not isinstance(given, TensorBase):
        return f'While copying the parameter named "{key}", expected a tensor from checkpoint but got {type(given)}'
    if isinstance(tensor, UninitializedTensor):
        return None
    if isinstance(given, UninitializedTensor):
        return f'the parameter named "{key}" has its shape in the current model, but is uninitialized in the checkpoint'
    if given.shape != tensor.shape and not (tensor.shape == () and given.shape == (1,)):
        return (
            f"size mismatch for {key}: copying a param with shape {list(given.shape)} from checkpoint, "
            f"the shape in current model is {list(tensor.shape)}."
        )
    return None


def _load(key: str, place: Place, given: Any, assign: bool) -> None:
    tensor = place.tensor
    if isinstance(tensor, UninitializedTensor):
        if isinstance(given, UninitializedTensor):
            return
        if not assign:
            tensor.materialize(given.shape)
    if assign:
        if isinstance(tensor, Parameter) and not isinstance(given, Parameter):
            given = Parameter(given, tensor.requires_grad)
        setattr(place.module, place.name, given)
    elif tensor.array is None:
        warnings.warn(
            f"for {key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the current model, "
            "which is a no-op. (Did you mean to pass `assign=True` to take the tensors of the state dict?)",
            stacklevel=3,
        )
    elif given.array is None:
        raise RuntimeError(f"for {key}: the state dict holds a meta tensor, which has no values to copy")
    else:
        copy_into(tensor, to_device(given.array, tensor.device).reshape(tensor.shape))


def _quoted(keys: list[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)
