"""PyTorch's values as ours, and copies of them that a call may write into; strides and shared tensors are kept."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import ml_dtypes
import numpy as np
import torch

import engine


@dataclass
class Call:
    """The arguments of one call, and those tensors among them whose gradients are wanted, in the order they came."""

    args: list[Any]
    kwargs: dict[str, Any]
    leaves: list[Any]


def their_call(sample: Any, requires_grad: bool = True) -> Call:
    """A sample's arguments copied for PyTorch."""
    return _call(sample, lambda value: value, _their_tensor, requires_grad)


def our_call(sample: Any, requires_grad: bool = True) -> Call:
    """A sample's arguments as the engine's."""
    return _call(sample, our_constant, _our_tensor, requires_grad)


# The types whose results are judged beside those of float64.
ROUNDED = (torch.float32, torch.float16, torch.bfloat16)


def exact_sample(sample: Any) -> Any:
    """A sample of fewer digits in float64, tensors and dtypes alike; None for one that has no tensor of these."""
    given = [sample.input, *sample.args, sample.kwargs]
    if not any(isinstance(leaf, torch.Tensor) and leaf.dtype in ROUNDED for leaf in leaves_of(given)):
        return None
    return sample.transform(lambda leaf: mapped(leaf, _in_float64))


def _in_float64(leaf: Any) -> Any:
    if isinstance(leaf, torch.dtype):
        return torch.float64 if leaf in ROUNDED else leaf
    if not isinstance(leaf, torch.Tensor) or leaf.dtype not in ROUNDED:
        return leaf
    return leaf.detach().double().requires_grad_(leaf.requires_grad)


def _call(sample: Any, constant: Callable[[Any], Any], tensor: Callable[[Any], Any], requires_grad: bool) -> Call:
    seen: dict[int, Any] = {}
    leaves: list[Any] = []

    def leaf(value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return constant(value)
        if id(value) not in seen:
            seen[id(value)] = twin = tensor(value)
            if requires_grad and value.requires_grad:
                leaves.append(twin.requires_grad_())
        return seen[id(value)]

    args = mapped([sample.input, *sample.args], leaf)
    return Call(args, mapped(sample.kwargs, leaf), leaves)


def mapped(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """The same nest of lists, tuples, dictionaries and slices with each leaf put through a function."""
    if isinstance(value, torch.Size | engine.Size):
        return leaf(value)
    if isinstance(value, tuple | list):
        parts = [mapped(each, leaf) for each in value]
        return parts if isinstance(value, list) else type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, dict):
        return {key: mapped(each, leaf) for key, each in value.items()}
    if isinstance(value, slice):
        return slice(leaf(value.start), leaf(value.stop), leaf(value.step))
    return leaf(value)


def leaves_of(value: Any) -> list[Any]:
    """The leaves of a nest, in order."""
    found: list[Any] = []
    mapped(value, found.append)
    return found


def our_constant(value: Any) -> Any:
    """A dtype, device, layout, memory format, size or generator of PyTorch's as ours; anything else as it is."""
    if isinstance(value, torch.dtype | torch.layout | torch.memory_format):
        return getattr(engine, str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return engine.device(str(value))
    if isinstance(value, torch.Size):
        return engine.Size(value)
    if isinstance(value, torch.Generator):
        return engine.Generator().manual_seed(value.initial_seed())
    if type(value).__module__.startswith("torch.nn.modules"):
        return _our_object(value)
    return value


def _our_object(value: Any) -> Any:
    """A record of options, or a module as its defaults make it (samples hold no other), by our class of that name."""
    attributes = {each.name: getattr(value, each.name) for each in fields(value)} if is_dataclass(value) else {}
    return getattr(engine.nn, type(value).__name__)(**attributes)


def _their_tensor(value: torch.Tensor) -> torch.Tensor:
    """A copy without history that lies in its memory as the original does: among other elements, or over itself."""
    plain = value.detach().resolve_neg().resolve_conj()
    if plain.layout is not torch.strided or not plain.numel() or plain.device.type == "meta":
        return plain.clone()
    memory = plain.as_strided((plain.untyped_storage().nbytes() // plain.itemsize,), (1,), 0).clone()
    return memory.as_strided(plain.shape, plain.stride(), plain.storage_offset())


def _our_tensor(value: torch.Tensor) -> Any:
    if value.device.type == "meta":
        return engine.empty(tuple(value.shape), dtype=our_constant(value.dtype), device="meta")
    plain = value.detach().resolve_neg().resolve_conj()
    if not plain.numel():
        return engine.from_numpy(_as_numpy(plain.clone()))
    storage = plain.as_strided((plain.untyped_storage().nbytes() // plain.itemsize,), (1,), 0)
    # NumPy must hold the memory itself: views of another's can't be made writable.
    memory = _as_numpy(storage).copy()
    strides = [stride * plain.itemsize for stride in plain.stride()]
    place = plain.storage_offset() * plain.itemsize
    return engine.from_numpy(np.ndarray(tuple(plain.shape), memory.dtype, memory, place, strides))


def _as_numpy(tensor: torch.Tensor) -> np.ndarray:
    if tensor.dtype is torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return tensor.numpy()
