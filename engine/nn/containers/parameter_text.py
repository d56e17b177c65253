"""How ParameterList and ParameterDict print."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.nn.module.text import bracketed
from engine.nn.parameter import Parameter
from engine.tensors import Tensor


def listed(name: str, members: Iterable[tuple[Any, Any]]) -> str:
    """The container's name around a line for each member."""
    return bracketed(name, [], [f"  ({key}): {_described(value)}" for key, value in members])


def _described(value: Any) -> str:
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    size = "x".join(map(str, value.shape))
    device = f" ({value.device})" if value.device.type == "cuda" else ""
    return f"{kind} containing: [{value.dtype} of size {size}{device}]"
