"""The old range of PyTorch's top level, which ends with its end."""

from __future__ import annotations

import math
import warnings
from typing import Any

from engine.backend.dtype import get_default_dtype
from engine.creation import arange
from engine.tensors import Tensor
from engine.tensors.options import number_of


def range(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, ... up to and with end, as floats by default; deprecated for `arange` (torch.range).

    Raises RuntimeError for a step that does not lead there.
    """
    warnings.warn("torch.range is deprecated in favor of arange, which leaves out its end", stacklevel=2)
    start, end, step = map(number_of, (start, end, step))
    if step == 0 or (end - start) * step < 0:
        raise RuntimeError(f"upper bound and larger bound inconsistent with step sign: from {start} to {end} by {step}")
    count = math.floor((end - start) / step) + 1
    kind = get_default_dtype() if dtype is None else dtype
    # Half a step after the last number, no rounding can take it away or add another.
    return arange(start, start + (count - 0.5) * step, step, dtype=kind, device=device, requires_grad=requires_grad)
