"""Local response normalisation: each value divided by a power of its neighbours' energy in the next channels."""

from __future__ import annotations

from typing import Any

from engine.ops.layouts.padding import pad
from engine.ops.layouts.windows import unfold


def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """`x / (k + alpha mean(x²))^beta` over `size` neighbouring channels (torch.nn.functional.local_response_norm).

    Channels beyond the ends count as zeros. Raises ValueError for fewer than 3 dimensions [N, C, ...], RuntimeError
    for a size below 1.
    """
    if input.ndim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)")
    if size < 1:
        raise RuntimeError(f"local_response_norm: size should be greater than zero, but got {size}")
    if input.numel() == 0:
        return input
    beside = (0, 0) * (input.ndim - 2) + (size // 2, (size - 1) // 2)
    energy = unfold(pad(input * input, beside), 1, size, 1).mean(-1)
    return input / (energy * alpha + k) ** beta
