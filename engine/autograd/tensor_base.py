"""TensorBase: an array with its storage, gradient and node; it has no math, so ops can stand above it."""

from __future__ import annotations

import weakref
from typing import Any, ClassVar

import numpy as np

from engine.autograd.modes import modes
from engine.autograd.node import AccumulateGrad, Node
from engine.autograd.spec import Spec
from engine.autograd.storage import Storage, View
from engine.backend.device import META, device, device_of_code
from engine.backend.dtype import CODE_OF_NUMPY, DTYPES, dtype
from engine.backend.namespace import array_device

ZERO_DIM, NEEDS_GRAD, IS_VIEW, INFERENCE = 16, 32, 64, 128
DTYPE_BITS, DEVICE_SHIFT = 15, 8
_new = object.__new__
META_KIND = META.code << DEVICE_SHIFT


class TensorBase:
    """What autograd knows of a tensor.

    `kind` packs dtype code, 0-d, needs-gradient, view, made-in-inference-mode and device into one number, by which ops
    look up their plans.
    `array` is None on the meta device, where `spec` says shape and dtype.
    """

    __slots__ = ("__weakref__", "array", "gradient", "kind", "node", "output_index", "spec", "storage", "view_of")

    result_class: ClassVar[type[TensorBase]]

    array: Any
    storage: Storage
    kind: int
    node: Node | None
    output_index: int
    view_of: View | None
    gradient: Any

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to this tensor."""
        view = self.view_of
        if view is None:
            return bool(self.kind & NEEDS_GRAD)
        if view.restriction is None:
            self.refresh()
        elif view.base_node is None:
            # A history that the base got later would be refused when used; the question alone is not.
            return bool((self.kind | view.base.kind) & NEEDS_GRAD)
        return bool(self.kind & NEEDS_GRAD)

    @requires_grad.setter
    def requires_grad(self, needed: bool) -> None:
        if not self.is_leaf:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables; use detach() for a tensor without history"
            )
        self.requires_grad_(needed)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Set whether a leaf collects gradients (Tensor.requires_grad_); RuntimeError for integers and results."""
        self.refresh()
        observer = modes.state.observer
        if observer is not None:
            observer.sets_history(self)
        if self.node is not None and not isinstance(self.node, AccumulateGrad):
            if not requires_grad:
                raise RuntimeError(
                    "you can only change requires_grad flags of leaf variables; "
                    "use detach() for a tensor without history"
                )
            return self
        if requires_grad and not self.dtype.is_differentiable:
            raise RuntimeError(
                f"only tensors of floating point and complex dtype can require gradients, this one has {self.dtype}"
            )
        if requires_grad and self.kind & INFERENCE and not modes.state.inference:
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed; clone() gives a "
                "normal tensor."
            )
        if requires_grad:
            self.kind |= NEEDS_GRAD
            self.node = self.node or AccumulateGrad(weakref.ref(self))
        else:
            self.kind &= ~NEEDS_GRAD
            self.node = None
        return self

    def refresh(self) -> None:
        """Bring the node of a view up to what was written into its base."""
        if self.view_of is not None:
            self.view_of.refresh(self)

    @property
    def is_leaf(self) -> bool:
        """Whether no op made this tensor, as far as gradients go."""
        self.refresh()
        return self.node is None or isinstance(self.node, AccumulateGrad)

    @property
    def grad_fn(self) -> Node | None:
        """The node of the op that made this tensor; None for leaves."""
        return None if self.is_leaf else self.node

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the dimensions."""
        return self.spec.shape if self.array is None else self.array.shape  # type: ignore[attr-defined]

    @property
    def ndim(self) -> int:
        """How many dimensions there are."""
        return len(self.shape)

    @property
    def dtype(self) -> dtype:
        """The type of the elements."""
        return DTYPES[self.kind & DTYPE_BITS]

    @property
    def device(self) -> device:
        """Where the elements live."""
        return device_of_code(self.kind >> DEVICE_SHIFT)

    @property
    def as_spec(self) -> Spec:
        """Shape and dtype."""
        return Spec(self.shape, self.dtype)

    @property
    def _version(self) -> int:
        """How often this tensor's memory was written to in place; RuntimeError for inference tensors."""
        if self.kind & INFERENCE:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self.storage.version

    def is_inference(self) -> bool:
        """Whether this tensor was made in inference mode (torch.is_inference)."""
        return bool(self.kind & INFERENCE)


def kind_of_array(array: Any) -> int:
    """The kind of an array that needs no gradient."""
    kind = CODE_OF_NUMPY[array.dtype]
    if array.ndim == 0:
        kind |= ZERO_DIM
    if array.__class__ is not np.ndarray:
        kind |= array_device(array).code << DEVICE_SHIFT
    return kind


def wrap(family: type[TensorBase], array: Any, storage: Storage | None = None) -> Any:
    """A tensor of class `family` around an array, without history."""
    tensor = _new(family)
    tensor.array = array
    tensor.storage = Storage() if storage is None else storage
    tensor.kind = kind_of_array(array)
    tensor.node = None
    tensor.output_index = 0
    tensor.view_of = None
    tensor.gradient = None
    return tensor


def newborn(tensor: Any) -> Any:
    """A tensor just made of no other one, as it is in this thread's mode: of inference or normal."""
    if modes.state.inference:
        tensor.kind |= INFERENCE
    return tensor


def wrap_spec(family: type[TensorBase], spec: Spec, storage: Storage | None = None) -> Any:
    """A tensor of class `family` on the meta device: a shape and a dtype without elements."""
    tensor = _new(family)
    tensor.array = None
    tensor.spec = spec  # type: ignore[attr-defined]
    tensor.storage = Storage() if storage is None else storage
    tensor.kind = spec.dtype.code | META_KIND | (0 if spec.shape else ZERO_DIM)
    tensor.node = None
    tensor.output_index = 0
    tensor.view_of = None
    tensor.gradient = None
    return tensor


def on_its_own(result: Any) -> Any:
    """The result of a function, a view though it be of a tensor that nobody else holds, as one that may be written."""
    result.view_of = None
    result.kind &= ~IS_VIEW
    return result


def alias(tensor: Any) -> Any:
    """The same memory in a tensor without history: what `detach` gives."""
    twin = _new(tensor.result_class)
    twin.array = tensor.array
    twin.storage = tensor.storage
    twin.kind = tensor.kind & ~(NEEDS_GRAD | IS_VIEW)
    twin.node = None
    twin.output_index = 0
    twin.view_of = None
    twin.gradient = None
    if twin.array is None:
        twin.spec = tensor.spec
    return twin
