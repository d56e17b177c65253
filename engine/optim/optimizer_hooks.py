"""Hooks around the steps of one optimizer or of all, and around an optimizer's state dict."""

from __future__ import annotations

import functools
import itertools
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from engine.autograd.modes import modes
from engine.autograd.node import HookHandle

Hook = Callable[..., Any]
Table = OrderedDict[int, Hook]

STEPPING, STEPPED, GIVING, GIVEN, TAKING, TAKEN = "stepping", "stepped", "giving", "given", "taking", "taken"

_number = itertools.count()
_of_all: dict[str, Table] = {STEPPING: OrderedDict(), STEPPED: OrderedDict()}


def register_optimizer_step_pre_hook(hook: Hook) -> HookHandle:
    """Call `hook(optimizer, args, kwargs)` before each step of any optimizer; it may return both anew."""
    return _register(_of_all[STEPPING], hook, prepend=False)


def register_optimizer_step_post_hook(hook: Hook) -> HookHandle:
    """Call `hook(optimizer, args, kwargs)` after each step of any optimizer."""
    return _register(_of_all[STEPPED], hook, prepend=False)


class OptimizerHooks:
    """Registers hooks; a subclass's `step` is wrapped so that it calls them and is counted."""

    steps_taken: int = 0
    """How often `step` ran in this process."""

    _is_stepping = False
    _hooks: defaultdict[str, Table]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "step" in vars(cls):
            cls.step = _with_hooks(cls.step)  # type: ignore[attr-defined]

    def register_step_pre_hook(self, hook: Hook) -> HookHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return both anew (torch.optim.Optimizer)."""
        return _register(self._hooks[STEPPING], hook, prepend=False)

    def register_step_post_hook(self, hook: Hook) -> HookHandle:
        """Call `hook(optimizer, args, kwargs)` after each step (torch.optim.Optimizer)."""
        return _register(self._hooks[STEPPED], hook, prepend=False)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer)` before a state dict is made."""
        return _register(self._hooks[GIVING], hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer, state_dict)` on a state dict that was made; what it returns, if not None, is given."""
        return _register(self._hooks[GIVEN], hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer, state_dict)` before a load; what it returns, if not None, is loaded."""
        return _register(self._hooks[TAKING], hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call `hook(optimizer)` after a load."""
        return _register(self._hooks[TAKEN], hook, prepend)

    def _through_hooks(self, moment: str, state_dict: dict[str, Any]) -> dict[str, Any]:
        """A state dict as the hooks of that moment leave it."""
        for hook in list(self._hooks[moment].values()):
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        return state_dict


def _register(table: Table, hook: Hook, prepend: bool) -> HookHandle:
    key = next(_number)
    table[key] = hook
    if prepend:
        table.move_to_end(key, last=False)
    return HookHandle(table, key)


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(step)
    def hooked(*args: Any, **keywords: Any) -> Any:
        optimizer = args[0]
        if optimizer._is_stepping:
            # A step that calls its base's is still one step.
            return step(*args, **keywords)
        observer = modes.state.observer
        if observer is not None:
            observer.guard(lambda: _who_is_called(optimizer))
        optimizer._is_stepping = True
        try:
            for hook in (*_of_all[STEPPING].values(), *optimizer._hooks[STEPPING].values()):
                changed = hook(optimizer, args, keywords)
                if changed is None:
                    continue
                if not isinstance(changed, tuple) or len(changed) != 2:
                    raise RuntimeError(
                        f"a hook before {type(optimizer).__name__}.step must return None or a tuple of "
                        f"(new_args, new_kwargs), but {hook} returned {changed!r}"
                    )
                args, keywords = changed
            result = step(*args, **keywords)
            optimizer.steps_taken += 1
            for hook in (*optimizer._hooks[STEPPED].values(), *_of_all[STEPPED].values()):
                hook(optimizer, args, keywords)
            return result
        finally:
            optimizer._is_stepping = False

    return hooked


def _who_is_called(optimizer: Any) -> str:
    """The hooks around a step, as something that can be compared."""
    tables = (_of_all[STEPPING], _of_all[STEPPED], optimizer._hooks[STEPPING], optimizer._hooks[STEPPED])
    return repr([list(map(id, table.values())) for table in tables])
