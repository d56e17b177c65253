"""Tensor's part in autograd: `.grad`, `backward`, `detach` and hooks."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from engine.autograd.gradients import backward
from engine.autograd.modes import modes, no_grad
from engine.autograd.node import AccumulateGrad, HookHandle
from engine.autograd.retained import retain_gradient, retains_gradient
from engine.autograd.tensor_base import NEEDS_GRAD, TensorBase, alias
from engine.ops.layouts import layout as ops


class Gradient(TensorBase):
    """Gradients of a tensor."""

    __slots__ = ()

    @property
    def grad(self) -> Any:
        """What backward has added up for this tensor; None before (torch.Tensor.grad)."""
        _tell(self)
        # Asked of the node as it stands: a view that a write has spoilt may still be asked for its gradient.
        is_result = self.node is not None and not isinstance(self.node, AccumulateGrad)
        if self.gradient is None and is_result and not retains_gradient(self):
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute "
                "won't be populated during backward(): call .retain_grad() on it before, or ask the leaf instead.",
                stacklevel=2,
            )
        return self.gradient

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None and not isinstance(value, TensorBase):
            raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of {type(value).__name__}")
        if value is not None and value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        if value is not None and (
            value.shape != self.shape or value.device != self.device or value.dtype is not self.dtype
        ):
            raise RuntimeError(
                f"assigned grad has shape {list(value.shape)} and {value.dtype} on {value.device}, "
                f"its tensor {list(self.shape)} and {self.dtype} on {self.device}"
            )
        _tell(self)
        self.gradient = value

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Add the gradients of this tensor to its leaves; a non-scalar needs `gradient` (torch.Tensor.backward)."""
        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def detach(self) -> Any:
        """The same memory without history (torch.Tensor.detach)."""
        if modes.state.observer is None:
            return alias(self)
        with no_grad():
            return ops.detach(self)

    def detach_(self) -> Any:
        """Drop this tensor's history; raises RuntimeError for a view (torch.Tensor.detach_)."""
        if self.view_of is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        observer = modes.state.observer
        if observer is not None:
            observer.sets_history(self)
        self.node = None
        self.kind &= ~NEEDS_GRAD
        return self

    def retain_grad(self) -> None:
        """Keep the gradient of a result in its `.grad` too (torch.Tensor.retain_grad)."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        self.refresh()
        retain_gradient(self)

    @property
    def retains_grad(self) -> bool:
        """Whether a result keeps its gradient (torch.Tensor.retains_grad); False for leaves, which all do."""
        self.refresh()
        return retains_gradient(self)

    @property
    def output_nr(self) -> int:
        """Which of its op's outputs this is (torch.Tensor.output_nr)."""
        return self.output_index

    def register_hook(self, hook: Callable[[Any], Any]) -> HookHandle:
        """Call `hook` with this tensor's gradient, which what it returns replaces (torch.Tensor.register_hook)."""
        self.refresh()
        if not self.requires_grad or self.node is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return self.node.add_hook(self.output_index, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Any], None]) -> HookHandle:
        """Call `hook` with this leaf after each addition to its `.grad` (PyTorch's method of the same name)."""
        if not isinstance(self.node, AccumulateGrad):
            raise RuntimeError("post accumulate grad hooks can only be registered on leaf tensors")
        if self.node.after is None:
            self.node.after = []
        self.node.after.append(hook)
        return HookHandle(self.node.after, hook)


def _tell(tensor: Any) -> None:
    observer = modes.state.observer
    if observer is not None:
        observer.holds_gradient(tensor)
