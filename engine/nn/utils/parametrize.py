"""Tensors of a module computed from others at each use (torch.nn.utils.parametrize)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from engine.autograd.modes import no_grad
from engine.nn.containers import ModuleDict
from engine.nn.module import Module
from engine.nn.parameter import Parameter
from engine.nn.utils.parametrization_list import ParametrizationList, check_alike

AnyModule = TypeVar("AnyModule", bound=Module)


class _Cache(threading.local):
    """The tensors computed inside `cached()` blocks, of which `depth` are open."""

    def __init__(self) -> None:
        self.depth = 0
        self.tensors: dict[tuple[int, str], Any] = {}


_cache = _Cache()


@contextmanager
def cached() -> Iterator[None]:
    """Inside this block each parametrized tensor is computed once (torch.nn.utils.parametrize.cached)."""
    _cache.depth += 1
    try:
        yield
    finally:
        _cache.depth -= 1
        if not _cache.depth:
            _cache.tensors.clear()


class Parametrized(Module):
    """What a module's class is mixed with while tensors of it are parametrized, each in `parametrizations`."""

    def __getattr__(self, name: str) -> Any:
        computed = self.__dict__.get("_modules", {}).get("parametrizations", ())
        if name not in computed:
            return super().__getattr__(name)
        if not _cache.depth:
            return computed[name]()
        key = (id(self), name)
        if key not in _cache.tensors:
            _cache.tensors[key] = computed[name]()
        return _cache.tensors[key]

    def __setattr__(self, name: str, value: Any) -> None:
        computed = self.__dict__.get("_modules", {}).get("parametrizations", ())
        if name in computed:
            computed[name].right_inverse(value)
        else:
            super().__setattr__(name, value)


def register_parametrization(
    module: AnyModule, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> AnyModule:
    """Have a parameter or buffer computed by a module from here on: `parametrization(original)` at each use.

    Its `right_inverse`, if it has one, says how the original starts and what assigning to the tensor does; several
    parametrizations apply one after another. Raises ValueError if there is no such tensor, and if its shape or dtype
    would change, unless `unsafe` (torch.nn.utils.parametrize.register_parametrization).
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        known = module.parametrizations[tensor_name]
        if not unsafe:
            _check_addition(getattr(module, tensor_name), parametrization)
        known.append(parametrization)
        known.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        made = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            family = type(module)
            module.__class__ = type(f"Parametrized{family.__name__}", (Parametrized, family), {})
            module.parametrizations = ModuleDict()
        module.parametrizations[tensor_name] = made
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def _check_addition(value: Any, parametrization: Any) -> None:
    changed = parametrization(value)
    check_alike(changed, value.dtype, value.shape, "the parametrized tensor")
    if hasattr(parametrization, "right_inverse"):
        try:
            inverted = parametrization.right_inverse(changed)
        except NotImplementedError:
            return
        check_alike(inverted, value.dtype, value.shape, "what right_inverse gives")


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether a tensor of the module is parametrized, this one or any."""
    if not isinstance(module, Parametrized):
        return False
    return tensor_name is None or tensor_name in module.parametrizations


def type_before_parametrizations(module: Module) -> type:
    """The module's own class, whether or not it is parametrized."""
    return type(module).__bases__[1] if is_parametrized(module) else type(module)


def remove_parametrizations(module: AnyModule, tensor_name: str, leave_parametrized: bool = True) -> AnyModule:
    """Make the tensor a plain one again: its parametrized value, or with leave_parametrized=False its original.

    Raises ValueError where nothing is parametrized, and for an original of several tensors.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    known = module.parametrizations[tensor_name]
    if not leave_parametrized and not known.is_tensor:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    with no_grad():
        value = getattr(module, tensor_name)
    tensor = known.original if known.is_tensor else _plain(value, known.originals())
    if known.is_tensor and leave_parametrized:
        tensor.data = value.detach()
    del module.parametrizations[tensor_name]
    if not len(module.parametrizations):
        family = type_before_parametrizations(module)
        del module.parametrizations
        module.__class__ = family
    if isinstance(tensor, Parameter):
        module.register_parameter(tensor_name, tensor)
    else:
        module.register_buffer(tensor_name, tensor)
    return module


def _plain(value: Any, originals: list[Any]) -> Any:
    wanted = any(each.requires_grad for each in originals)
    return Parameter(value.detach()) if wanted else value.detach()


__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]
