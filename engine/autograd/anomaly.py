"""Names the op, the module and the line behind the first NaN gradient, while anomaly detection is on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.autograd.node import Node
from engine.backend.namespace import xp


def check_gradients(node: Node, results: Sequence[Any]) -> None:
    """Raise RuntimeError if a gradient holds NaN; says which op made it, in which module and at which line."""
    for position, result in enumerate(results):
        array = getattr(result, "array", None)
        if array is None or array.dtype.kind != "f" or not bool(xp(array).isnan(array).any()):
            continue
        where = f" in module {'.'.join(node.scope)}" if node.scope else ""
        called = f"\nThe op was called here:\n{node.called_at}" if node.called_at else ""
        raise RuntimeError(f"{node.name}{where} returned nan values in its {_ordinal(position)} output.{called}")


def _ordinal(position: int) -> str:
    return f"{position}th"
