"""Hooks of a Module: before and after forward, before and after its part of backward."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from engine.autograd.node import HookHandle
from engine.nn.module.attributes import Attributes
from engine.nn.module.backward_hooks import BackwardHooks

_number = itertools.count()


class ForwardHook(NamedTuple):
    """A hook on forward and how it wants to be called."""

    function: Callable[..., Any]
    with_kwargs: bool
    always_call: bool


class HookTable:
    """The hooks of one module, in the order in which they are called."""

    def __init__(self) -> None:
        self.forward_pre: OrderedDict[int, ForwardHook] = OrderedDict()
        self.forward: OrderedDict[int, ForwardHook] = OrderedDict()
        self.backward_pre: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self.backward: OrderedDict[int, Callable[..., Any]] = OrderedDict()


class Hooks(Attributes):
    """Registers hooks; a module without any pays nothing for them."""

    _hooks: HookTable | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._is_called = cls.forward is not Hooks.forward

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call `hook(module, args)` before forward; what it returns replaces the arguments.

        With `with_kwargs` it is `hook(module, args, kwargs)` and returns both or None.
        """
        return _register(self._hook_table().forward_pre, ForwardHook(hook, with_kwargs, False), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> HookHandle:
        """Call `hook(module, args, output)` after forward; what it returns replaces the output.

        With `with_kwargs` it is `hook(module, args, kwargs, output)`; `always_call` calls it even if forward raised.
        """
        return _register(self._hook_table().forward, ForwardHook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(module, grad_output)` before gradients enter the module; what it returns replaces them."""
        return _register(self._hook_table().backward_pre, hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(module, grad_input, grad_output)` once gradients have passed; it may replace `grad_input`."""
        return _register(self._hook_table().backward, hook, prepend)

    def _hook_table(self) -> HookTable:
        if self._hooks is None:
            self._hooks = HookTable()
        return self._hooks

    def _call_with_hooks(self, hooks: HookTable, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        pending = {key: hook for key, hook in hooks.forward.items() if hook.always_call}
        output: Any = None
        try:
            for hook in list(hooks.forward_pre.values()):
                args, kwargs = _before_forward(self, hook, args, kwargs)
            backward = None
            if hooks.backward or hooks.backward_pre:
                backward = BackwardHooks(self, list(hooks.backward.values()), list(hooks.backward_pre.values()))
                args = backward.watch_inputs(args)
            output = self.forward(*args, **kwargs)
            for key, each in list(hooks.forward.items()):
                pending.pop(key, None)
                output = _after_forward(self, each, args, kwargs, output)
            return output if backward is None else backward.watch_outputs(output)
        except Exception:
            for each in pending.values():
                output = _after_forward(self, each, args, kwargs, output)
            raise


def _register(table: OrderedDict[int, Any], hook: Any, prepend: bool) -> HookHandle:
    key = next(_number)
    table[key] = hook
    if prepend:
        table.move_to_end(key, last=False)
    return HookHandle(table, key)


def _before_forward(
    module: Hooks, hook: ForwardHook, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if not hook.with_kwargs:
        replaced = hook.function(module, args)
        return (args if replaced is None else replaced if isinstance(replaced, tuple) else (replaced,)), kwargs
    answer = hook.function(module, args, kwargs)
    if answer is None:
        return args, kwargs
    if not (isinstance(answer, tuple) and len(answer) == 2):
        raise RuntimeError(f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {answer}.")
    return answer


def _after_forward(module: Hooks, hook: ForwardHook, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
    replaced = hook.function(module, args, kwargs, output) if hook.with_kwargs else hook.function(module, args, output)
    return output if replaced is None else replaced
