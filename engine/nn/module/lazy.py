"""LazyModuleMixin: a layer that finds out the shapes of its parameters from its first input."""

from __future__ import annotations

from itertools import chain
from typing import Any, ClassVar

from engine.autograd.modes import no_grad
from engine.nn.module.module import Module
from engine.nn.parameter import UninitializedTensor


class LazyModuleMixin(Module):
    """Put before a layer's class: at the first call its uninitialized parameters take their shapes.

    `initialize_parameters`, called with the arguments of forward, materializes them; then the module becomes one of
    `cls_to_become` (torch.nn.modules.lazy.LazyModuleMixin). An optimizer wants the parameters after that call.
    """

    cls_to_become: ClassVar[type[Any] | None] = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._initialize_hook = self.register_forward_pre_hook(_initialize, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give all uninitialized parameters and buffers their shapes and first values."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer of this module itself waits for its shape."""
        return any(isinstance(each, UninitializedTensor) for each in self._own_tensors())

    def reset_parameters(self) -> None:
        """Draw all parameters anew, if they have shapes yet."""
        shaped = not self.has_uninitialized_params() and all(each.numel() for each in self._own_tensors())
        if shaped:
            super().reset_parameters()  # type: ignore[misc]

    def _own_tensors(self) -> list[Any]:
        held = chain(self._parameters.values(), self._buffers.values())
        return [each for each in held if each is not None]


def _initialize(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    with no_grad():
        module.initialize_parameters(*args, **kwargs)
    if module.has_uninitialized_params():
        raise RuntimeError(f"module {module._get_name()} has not been fully initialized")
    module._initialize_hook.remove()
    del module._initialize_hook
    hooks = module._hooks
    if not any((hooks.forward_pre, hooks.forward, hooks.backward_pre, hooks.backward)):
        # A module without hooks is called faster, and can be recorded.
        module._hooks = None
    if module.cls_to_become is not None:
        module.__class__ = module.cls_to_become


__all__ = ["LazyModuleMixin"]
