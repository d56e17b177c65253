"""float16 is computed in float32, as PyTorch does on the CPU, where a formula has several steps."""

from __future__ import annotations

from typing import Any

import numpy as np


def widened(input: Any) -> Any:
    """float16 as float32, other types as they are."""
    return input.astype(np.float32) if input.dtype == np.float16 else input


def narrowed(result: Any, input: Any) -> Any:
    """The result in the input's type."""
    return result if result.dtype == input.dtype else result.astype(input.dtype)
