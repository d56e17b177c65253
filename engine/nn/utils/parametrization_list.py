"""ParametrizationList: the modules that one tensor of a layer is computed by, and what it is computed from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.autograd.modes import no_grad
from engine.nn.containers import ModuleList
from engine.nn.module import Module
from engine.nn.parameter import Parameter
from engine.tensors import Tensor


class ParametrizationList(ModuleList):
    """Modules applied one after another to `original`, or to `original0`, `original1`, ... if the first takes several.

    The originals are what the modules' `right_inverse` makes of the tensor, from the last module to the first; the
    tensor itself where they have none. Raises ValueError if the result has another shape or dtype than the tensor,
    unless `unsafe` (torch.nn.utils.parametrize.ParametrizationList).
    """

    def __init__(self, modules: Iterable[Module], original: Tensor, unsafe: bool = False) -> None:
        listed = list(modules)
        if not listed:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(listed)
        self.unsafe = unsafe
        before = original.as_spec
        found = self._inverted(original, optional=True)
        self.is_tensor = isinstance(found, Tensor)
        self.ntensors = 1 if self.is_tensor else len(_several(found))
        if self.is_tensor:
            check_alike(found, original.dtype, found.shape, "right_inverse(original)")
            _take_values(original, found)
            self._hold("original", original)
        else:
            for position, part in enumerate(found):
                self._hold(f"original{position}", _as_original(part, original))
        if not unsafe:
            check_alike(self(), before.dtype, before.shape, "the parametrized tensor")

    def forward(self) -> Any:
        """The tensor, computed from its originals."""
        first, *others = self
        value = first(*self.originals())
        for module in others:
            value = module(value)
        return value

    def originals(self) -> list[Any]:
        """What the tensor is computed from."""
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{position}") for position in range(self.ntensors)]

    @no_grad()
    def right_inverse(self, value: Any) -> None:
        """Set the originals so that the tensor becomes `value`.

        Raises RuntimeError if a module has no `right_inverse`, ValueError if one gives what the originals are not.
        """
        found = self._inverted(value, optional=False)
        parts = [found] if self.is_tensor else _several(found)
        if len(parts) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. "
                f"Got a sequence of length {len(parts)}."
            )
        for original, part in zip(self.originals(), parts, strict=True):
            if not isinstance(part, Tensor):
                raise ValueError(f"`right_inverse` should return a tensor. Got {type(part).__name__}")
            if part.dtype != original.dtype:
                raise ValueError(
                    f"The tensor returned by `right_inverse` has dtype {part.dtype} while `original` has dtype "
                    f"{original.dtype}"
                )
            _take_values(original, part)

    @no_grad()
    def _inverted(self, value: Any, optional: bool) -> Any:
        for module in reversed(list(self)):
            if not hasattr(module, "right_inverse"):
                if optional:
                    continue
                raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
            try:
                value = module.right_inverse(value)
            except NotImplementedError:
                if not optional:
                    raise
        return value

    def _hold(self, name: str, tensor: Any) -> None:
        if isinstance(tensor, Parameter):
            self.register_parameter(name, tensor)
        else:
            self.register_buffer(name, tensor)


def check_alike(value: Any, dtype: Any, shape: Any, what: str) -> None:
    """Raise ValueError for what is no tensor of this dtype and shape."""
    if not isinstance(value, Tensor):
        raise ValueError(f"A parametrization must return a tensor, but {what} is of type {type(value).__name__}.")
    if value.dtype != dtype or value.shape != shape:
        raise ValueError(
            "Registering a parametrization may not change the dtype or shape of the tensor, unless `unsafe` flag is "
            f"enabled: it has {dtype} and {list(shape)}, {what} has {value.dtype} and {list(value.shape)}"
        )


def _several(found: Any) -> Sequence[Any]:
    if not isinstance(found, Sequence):
        raise ValueError(
            f"'right_inverse' must return a Tensor or a sequence of tensors (list, tuple). Got {type(found).__name__}"
        )
    return found


def _as_original(part: Any, original: Tensor) -> Any:
    if not isinstance(part, Tensor):
        raise ValueError(
            "'right_inverse' must return a Tensor or a sequence of tensors (list, tuple...). Got an element of type "
            f"{type(part).__name__}."
        )
    if isinstance(original, Parameter):
        return Parameter(part, original.requires_grad)
    return part.detach().requires_grad_(original.requires_grad)


def _take_values(original: Any, value: Any) -> None:
    """The original keeps its identity, for optimizers that know it."""
    if value is not original:
        original.data = value.detach()
