"""What a Module holds: parameters, buffers and child modules, registered as they are assigned."""

from __future__ import annotations

from typing import Any

from engine.nn.parameter import Buffer, Parameter
from engine.tensors import Tensor

PARAMETERS, BUFFERS, MODULES = "_parameters", "_buffers", "_modules"
REGISTRIES = (PARAMETERS, BUFFERS, MODULES)
KIND = {PARAMETERS: "parameter", BUFFERS: "buffer", MODULES: "child module"}
ALLOWED = {PARAMETERS: "engine.nn.Parameter", BUFFERS: "engine.nn.Buffer, engine.Tensor", MODULES: "engine.nn.Module"}


class Attributes:
    """Registers what is assigned: Parameters, Buffers and Modules each in a dict of their own; the rest is plain.

    `_scope_name` is the name under which the parent holds this module, so that errors and nodes can tell the layer;
    `_is_called` is False for classes without `forward`, which only hold others (ModuleList).
    """

    training: bool
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _scope_name: str = ""
    _is_called: bool = True

    def __init__(self) -> None:
        self.__dict__.update(training=True, _parameters={}, _buffers={}, _modules={}, _non_persistent_buffers_set=set())

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter, or None to keep its name; raises KeyError for a bad name, TypeError for another type."""
        registry = self._registry(PARAMETERS)
        self._check_new(name, PARAMETERS)
        if param is not None and not isinstance(param, Parameter):
            raise _wrong_type(name, param, PARAMETERS)
        if param is not None and not param.is_leaf:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly; "
                "to express one as a function of another tensor, compute the value in forward()."
            )
        registry[name] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Add a tensor that is state but no parameter; only a persistent one enters the state dict."""
        registry = self._registry(BUFFERS)
        self._check_new(name, BUFFERS)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise _wrong_type(name, tensor, BUFFERS)
        registry[name] = tensor
        self._mark_persistent(name, persistent)

    def add_module(self, name: str, module: Any) -> None:
        """Add a child module, or None to keep its name; raises KeyError for a bad name, TypeError for no Module."""
        registry = self._registry(MODULES)
        if module is not None and not isinstance(module, Attributes):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._check_new(name, MODULES)
        registry[name] = module
        self._name_child(name, module)

    def register_module(self, name: str, module: Any) -> None:
        """Add a child module, as `add_module` does."""
        self.add_module(name, module)

    def __setattr__(self, name: str, value: Any) -> None:
        home = _home_of_type(value) or self._home_of_name(name)
        if home is None:
            object.__setattr__(self, name, value)
            return
        registry = self._registry(home)
        if not _fits(value, home):
            raise _wrong_type(name, value, home)
        for other in (*(each for each in REGISTRIES if each != home), "__dict__"):
            getattr(self, other).pop(name, None)
        if home == PARAMETERS and name not in registry:
            self.register_parameter(name, value)
        registry[name] = value
        if home == MODULES:
            self._name_child(name, value)
        elif isinstance(value, Buffer):
            self._mark_persistent(name, value.persistent)
        elif home == PARAMETERS:
            self._mark_persistent(name, True)

    def __getattr__(self, name: str) -> Any:
        held = self.__dict__
        for registry in REGISTRIES:
            if registry in held and name in held[registry]:
                return held[registry][name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        home = self._home_of_name(name)
        if home is None:
            object.__delattr__(self, name)
            return
        del self._registry(home)[name]
        self._mark_persistent(name, True)

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._parameters, *self._buffers, *self._modules})

    def _registry(self, home: str) -> dict[str, Any]:
        registry = self.__dict__.get(home)
        if registry is None:
            kinds = {PARAMETERS: "parameters", BUFFERS: "buffer", MODULES: "module"}
            raise AttributeError(f"cannot assign {kinds[home]} before Module.__init__() call")
        return registry

    def _home_of_name(self, name: str) -> str | None:
        held = self.__dict__
        return next((registry for registry in REGISTRIES if name in held.get(registry, ())), None)

    def _check_new(self, name: Any, home: str) -> None:
        kind = KIND[home].removeprefix("child ")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self._registry(home):
            raise KeyError(f"attribute '{name}' already exists")

    def _mark_persistent(self, name: str, persistent: bool) -> None:
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def _name_child(self, name: str, module: Any) -> None:
        """Tell a child its name, below that of a holder which is never called itself (ModuleList)."""
        if module is None:
            return
        inherited = "" if self._is_called or not self._scope_name else f"{self._scope_name}."
        module.__dict__["_scope_name"] = inherited + name
        if not module._is_called:
            for each, grandchild in module._modules.items():
                module._name_child(each, grandchild)


def _home_of_type(value: Any) -> str | None:
    if isinstance(value, Parameter):
        return PARAMETERS
    if isinstance(value, Buffer):
        return BUFFERS
    return MODULES if isinstance(value, Attributes) else None


def _fits(value: Any, home: str) -> bool:
    return value is None or isinstance(value, {PARAMETERS: Parameter, BUFFERS: Tensor, MODULES: Attributes}[home])


def _wrong_type(name: str, value: Any, home: str) -> TypeError:
    given = type(value).__name__
    return TypeError(f"cannot assign '{given}' as {KIND[home]} '{name}' ({ALLOWED[home]} or None expected)")
