"""Floating types of sixteen bits are computed in float32, as PyTorch does, where a formula has several steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.backend.dtype import bfloat16, float16

HALVES = (float16.numpy, bfloat16.numpy)


def widened(input: Any) -> Any:
    """float16 and bfloat16 as float32, other types as they are."""
    return input.astype(np.float32) if input.dtype in HALVES else input


def narrowed(result: Any, input: Any) -> Any:
    """The result in the input's type."""
    return result if result.dtype == input.dtype else result.astype(input.dtype)
