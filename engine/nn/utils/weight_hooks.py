"""Hooks that compute a weight anew before each forward, found again by the name of the weight."""

from __future__ import annotations

from typing import Any, TypeVar

from engine.nn.module import Module

AnyModule = TypeVar("AnyModule", bound=Module)


def find_hook(module: Module, kind: type[Any], name: str) -> tuple[int, Any] | None:
    """The key and the hook of a kind that computes this weight of the module."""
    hooks = module._hooks
    for key, each in () if hooks is None else hooks.forward_pre.items():
        if isinstance(each.function, kind) and each.function.name == name:
            return key, each.function
    return None


def add_hook(module: Module, hook: Any) -> None:
    """Register a hook; raises RuntimeError if its weight has one of the same kind."""
    if find_hook(module, type(hook), hook.name) is not None:
        raise RuntimeError(f"Cannot register two {hook.function_name} hooks on the same parameter {hook.name}")
    module.register_forward_pre_hook(hook)


def take_hook(module: Module, kind: Any, name: str) -> Any:
    """Unregister the hook of this weight and return it; raises ValueError where there is none."""
    found = find_hook(module, kind, name)
    if found is None or module._hooks is None:
        raise ValueError(f"{kind.function_name} of '{name}' not found in {module}")
    key, hook = found
    del module._hooks.forward_pre[key]
    return hook
