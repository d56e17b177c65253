"""Modules made without drawing their weights (torch.nn.utils.init)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from engine.nn.module import Module

AnyModule = TypeVar("AnyModule", bound=Module)


def skip_init(module_cls: type[AnyModule], *args: Any, **kwargs: Any) -> AnyModule:
    """A module whose parameters hold anything, for when they are filled right after.

    Raises RuntimeError for what is no Module or does not take a `device`.
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError(f"Module {module_cls.__name__} must support a 'device' arg to skip initialization")
    build: Callable[..., AnyModule] = module_cls
    device = kwargs.pop("device", "cpu")
    return build(*args, **kwargs, device="meta").to_empty(device=device)
