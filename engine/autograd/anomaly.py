"""Names the op, the module and the line behind a backward that fails, or gives NaN, while anomalies are detected."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.autograd.mode_state import ModeState
from engine.autograd.node import Node
from engine.backend.namespace import xp

_ENGINE = str(Path(__file__).parents[1])


def calling_lines() -> str:
    """The stack outside of the engine, innermost line last: where an op is being called."""
    frames = [frame for frame in traceback.extract_stack() if not frame.filename.startswith(_ENGINE)]
    return "".join(traceback.format_list(frames))


def watched_backward(node: Node, gradient: Any, create_graph: bool, state: ModeState) -> Sequence[Any]:
    """A node's backward, whose errors and NaN gradients say which op in which module was called at which line."""
    try:
        results = node.backward(gradient, create_graph)
    except Exception as error:
        error.add_note(f"while {node.name()}{_place(node)} ran backward.{_called(node)}")
        raise
    if state.check_nan:
        for position, result in enumerate(results):
            if _holds_nan(result):
                raise RuntimeError(
                    f"Function '{node.name()}'{_place(node)} returned nan values in its {position}th output."
                    f"{_called(node)}"
                )
    return results


def _holds_nan(gradient: Any) -> bool:
    if gradient is None or gradient.array is None or not gradient.dtype.is_differentiable:
        return False
    return bool(xp(gradient.array).isnan(gradient.array).any())


def _place(node: Node) -> str:
    return f" in module {'.'.join(node.scope)}" if node.scope else ""


def _called(node: Node) -> str:
    return f"\nThe op was called here:\n{node.called_at}" if node.called_at else ""
