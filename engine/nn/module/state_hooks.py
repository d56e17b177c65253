"""Hooks around a Module's state dict: before and after it is given out, before and after one is taken in."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from engine.autograd.node import HookHandle
from engine.nn.module.attributes import Attributes

_number = itertools.count()

GIVING, GIVEN, TAKING, TAKEN = "giving", "given", "taking", "taken"


class StateHooks(Attributes):
    """Registers hooks on the state dict; each is called with the module first."""

    _state_hooks: dict[str, OrderedDict[int, Callable[..., Any]]] | None = None

    def register_state_dict_pre_hook(self, hook: Callable[..., None]) -> HookHandle:
        """Call `hook(module, prefix, keep_vars)` before this module's part of a state dict is collected."""
        return self._register_state_hook(GIVING, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., None]) -> HookHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` once this module's part is in the state dict."""
        return self._register_state_hook(GIVEN, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., None]) -> HookHandle:
        """Call a hook before a state dict is loaded, which may change that copy of it, as for renamed keys.

        It is called as `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs)`; what it adds to the lists is reported.
        """
        return self._register_state_hook(TAKING, hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., None]) -> HookHandle:
        """Call `hook(module, incompatible_keys)` after a load; it may empty the lists of keys in place."""
        return self._register_state_hook(TAKEN, hook)

    def _register_state_hook(self, moment: str, hook: Callable[..., None]) -> HookHandle:
        if self._state_hooks is None:
            object.__setattr__(self, "_state_hooks", {})
        assert self._state_hooks is not None
        table = self._state_hooks.setdefault(moment, OrderedDict())
        key = next(_number)
        table[key] = hook
        return HookHandle(table, key)


def run_state_hooks(module: Attributes, moment: str, *args: Any) -> None:
    """Call a module's own hooks of that moment."""
    hooks = getattr(module, "_state_hooks", None)
    for hook in list((hooks or {}).get(moment, {}).values()):
        hook(module, *args)


def with_prefixes(module: Attributes, prefix: str) -> Iterator[tuple[str, Attributes]]:
    """This module and all below it, each with what the names of its tensors start with; shared ones each time."""
    yield prefix, module
    for name, child in module._modules.items():
        if child is not None:
            yield from with_prefixes(child, f"{prefix}{name}.")


def from_below(module: Attributes) -> Iterator[Attributes]:
    """All modules below this one, each after its own children, and at last itself."""
    for child in module._modules.values():
        if child is not None:
            yield from from_below(child)
    yield module
