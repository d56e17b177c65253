"""The version of the engine, and of the CUDA that it runs on: `cuda`, None without a GPU (torch.version)."""

from __future__ import annotations

from engine.backend.namespace import cuda_device_count, cupy

__version__ = "0.1.0"


def __getattr__(name: str) -> str | None:
    # A GPU is not looked for before somebody asks.
    if name != "cuda":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if not cuda_device_count():
        return None
    major, minor = divmod(int(cupy().cuda.runtime.runtimeGetVersion()), 1000)
    return f"{major}.{minor // 10}"
