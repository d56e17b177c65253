"""Module: the base of every layer and model."""

from __future__ import annotations

from typing import Any, Self

from engine.autograd.modes import modes
from engine.nn.module.conversion import Conversion
from engine.nn.module.hooks import Hooks
from engine.nn.module.state import State
from engine.nn.module.text import Text, note_module
from engine.nn.module.tree import Tree


class Module(Tree, State, Conversion, Hooks, Text):
    """A layer or a model: subclasses call `super().__init__()`, assign their parts, define `forward`."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward` and the hooks; an error that is raised inside carries a note with the module's path."""
        state = modes.state
        before = state.scope
        if self._scope_name:
            state.scope = (*before, self._scope_name)
        if state.observer is not None:
            state.observer.enters(self)
        try:
            if self._hooks is None:
                return self.forward(*args, **kwargs)
            return self._call_with_hooks(self._hooks, args, kwargs)
        except Exception as error:
            note_module(error, self, state.scope)
            raise
        finally:
            state.scope = before

    def train(self, mode: bool = True) -> Self:
        """Set training mode (dropout drops, batch norm uses the batch) here and below."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """Set evaluation mode here and below."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Set for all parameters whether they collect gradients: False freezes the module."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros."""
        for parameter in self.parameters():
            if parameter.grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                parameter.grad.detach_().zero_()
