"""Masks of attention: boolean ones turned into what is added to scores, causal ones made and recognised."""

from __future__ import annotations

import math
import warnings
from typing import Any

from engine.backend.dtype import bool_
from engine.creation import full, zeros_like


def added_mask(mask: Any, name: str, dtype: Any, other: Any = None, other_name: str = "") -> Any:
    """The mask as numbers to add to scores: -inf where a boolean one is true; None stays None.

    Raises AssertionError for a mask of whole numbers; warns where another mask given with it has another type.
    """
    if mask is None:
        return None
    if mask.dtype is not bool_ and not mask.dtype.is_floating_point:
        raise AssertionError(f"only bool and floating types of {name} are supported, got {mask.dtype}")
    if other is not None and other.dtype is not mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} ({mask.dtype}) and {other_name} ({other.dtype}) is deprecated. "
            "Use same type for both instead.",
            stacklevel=2,
        )
    if mask.dtype is not bool_:
        return mask
    return zeros_like(mask, dtype=dtype).masked_fill(mask, -math.inf)


def causal_mask(size: int, device: Any = None, dtype: Any = None) -> Any:
    """[size, size] with -inf above the diagonal and 0 elsewhere: nothing looks at what comes later."""
    return full((size, size), -math.inf, dtype=dtype, device=device).triu(1)


def is_causal_mask(mask: Any, hint: bool | None, size: int) -> bool:
    """What a hint says or, without one, whether the mask is the causal one of that size; on a GPU nobody looks."""
    if hint is not None or mask is None:
        return hint is True
    if mask.shape != (size, size) or mask.device.type == "cuda":
        return False
    return bool((mask == causal_mask(size, mask.device, mask.dtype)).all())
