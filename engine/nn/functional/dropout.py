"""Dropout as a function: random zeros while training."""

from __future__ import annotations

from typing import Any

from engine.autograd.in_place import in_place
from engine.ops import dropout as ops
from engine.tensors.generator import default_generator


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each element 0 with probability p, else divided by 1 - p; in evaluation the input itself.

    The numbers come from the default generator; raises ValueError for a p outside of [0, 1].
    """
    ops.check_probability(p)
    if not training or p == 0:
        return input
    return (in_place(ops.dropout) if inplace else ops.dropout)(input, p, default_generator.draw())
