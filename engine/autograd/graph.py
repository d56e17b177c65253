"""What backward keeps and walks, for those who look at it or change it (torch.autograd.graph)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from engine.autograd.modes import Switch, modes
from engine.autograd.node import Node
from engine.autograd.tensor_base import TensorBase


class saved_tensors_hooks(Switch):
    """Inside the block, what ops keep for backward is `pack_hook(tensor)`, and `unpack_hook(packed)` when needed.

    Hooks of an inner block replace those of an outer one (torch.autograd.graph.saved_tensors_hooks).
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        super().__init__(packing=self)
        self.pack = pack_hook
        self.unpack = unpack_hook

    def __enter__(self) -> saved_tensors_hooks:
        refusal = getattr(modes.state.packing, "refusal", None)
        if refusal is not None:
            raise RuntimeError(refusal)
        return super().__enter__()


class save_on_cpu(saved_tensors_hooks):
    """Inside the block, what ops keep for backward waits in the memory of the CPU (torch.autograd.graph.save_on_cpu).

    `pin_memory` asks for pinned memory, which changes no value.
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        self.pin_memory = pin_memory
        self.device_type = device_type
        super().__init__(lambda tensor: (tensor.device, tensor.cpu()), lambda packed: packed[1].to(packed[0]))


class _Refusing:
    """Keeps tensors as they are, and says why no hooks may be set."""

    def __init__(self, refusal: str) -> None:
        self.refusal = refusal

    def pack(self, tensor: Any) -> Any:
        return tensor

    def unpack(self, packed: Any) -> Any:
        return packed


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Inside the block, `saved_tensors_hooks` raises RuntimeError with this message (PyTorch's function)."""
    if isinstance(modes.state.packing, saved_tensors_hooks):
        raise RuntimeError(error_message)
    with Switch(packing=_Refusing(error_message)):
        yield


class GradientEdge(NamedTuple):
    """Where a gradient arrives: a node and the number of its output; `grad` and `backward` take it for a tensor."""

    node: Node
    output_nr: int


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """The edge at which a tensor's gradient arrives; RuntimeError if it needs none."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(tensor.node, tensor.output_index)


def increment_version(tensor: Any) -> None:
    """Say that a tensor, or several, were written to behind the engine's back."""
    for each in [tensor] if isinstance(tensor, TensorBase) else tensor:
        each.storage.version += 1


__all__ = [
    "GradientEdge",
    "Node",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "save_on_cpu",
    "saved_tensors_hooks",
]
