"""FunctionContext: what the forward of a custom Function leaves for its backward."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.autograd.kept import Kept
from engine.autograd.mode_state import Packing
from engine.autograd.tensor_base import INFERENCE, TensorBase


class Saved(NamedTuple):
    """A tensor that was saved: what is kept of it, which output it is, and the tensor itself if it is none."""

    kept: Kept
    output: int | None
    original: Any


class FunctionContext:
    """What `forward` leaves for `backward`: saved tensors, `needs_input_grad`, and any attribute it sets."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.to_save: tuple[Any, ...] = ()
        self.dirty_tensors: tuple[Any, ...] = ()
        self.non_differentiable: tuple[Any, ...] = ()
        self.materialize_grads = True
        self._saved: tuple[Saved | None, ...] = ()
        self._freed = False
        self._owner: Any = None

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors, or None, for backward; writes into them since are noticed. Raises TypeError for the rest."""
        for position, each in enumerate(tensors):
            if each is None:
                continue
            if not isinstance(each, TensorBase):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {position} is of type "
                    f"{type(each).__name__}; set other values as attributes of ctx"
                )
            if each.kind & INFERENCE and any(self.needs_input_grad):
                raise RuntimeError(
                    f"Inference tensors cannot be saved for backward: argument {position} of save_for_backward was "
                    "made in inference mode; clone() it outside"
                )
        self.to_save = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """The tensors that were saved; raises RuntimeError if one was written to since, or after they were freed."""
        if self._freed:
            raise RuntimeError(
                "Trying to backward through the graph a second time (or directly access saved tensors after they have "
                "already been freed). Specify retain_graph=True."
            )
        return tuple(None if each is None else self._restored(each) for each in self._saved)

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which inputs forward wrote into and returns."""
        self.dirty_tensors = tensors
        for each in tensors:
            each.storage.version += 1

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which outputs have no gradient."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether missing gradients reach backward as zeros (the default) or as None."""
        self.materialize_grads = value

    def seal(self, owner: Any, outputs: Sequence[Any], packing: Packing | None) -> None:
        """Forward is over: keep what it wants to save, for the node `owner`."""
        # The node holds the context: the way back is weak, so that both go when the graph goes.
        self._owner = weakref.ref(owner)
        self._saved = tuple(None if each is None else _saved(each, outputs, packing) for each in self.to_save)
        self.to_save = ()

    def free(self) -> None:
        """Let go of the saved tensors, if there are any."""
        self._freed = bool(self._saved)
        self._saved = ()

    def _restored(self, saved: Saved) -> Any:
        owner = self._owner()
        if saved.original is not None:
            if saved.kept.storage.version != saved.kept.version:
                raise saved.kept.written_over(owner)
            return saved.original
        restored = saved.kept.restore(owner, saved.output is not None, True)
        if saved.output is not None:
            restored.output_index = saved.output
        return restored


def _saved(tensor: Any, outputs: Sequence[Any], packing: Packing | None) -> Saved:
    output = next((index for index, each in enumerate(outputs) if each is tensor), None)
    kept = Kept(tensor, None if output is not None else tensor.node)
    if packing is not None:
        kept.pack(packing)
    return Saved(kept, output, tensor if output is None and packing is None else None)
