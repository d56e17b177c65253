"""cuDNN's switches (torch.backends.cudnn): programs may set them, nothing reads them, for cuDNN is not used.

`enabled`, `allow_tf32`, `benchmark` and `benchmark_limit` have no effect; `deterministic` is what results are on the
CPU anyway.
"""

from __future__ import annotations

enabled: bool = True
deterministic: bool = False
benchmark: bool = False
benchmark_limit: int | None = 10
allow_tf32: bool = True


def is_available() -> bool:
    """False: convolutions are the engine's own."""
    return False


def version() -> int | None:
    """None: there is no cuDNN."""
    return None
