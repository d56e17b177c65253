"""CUDA's switches (torch.backends.cuda)."""

from __future__ import annotations

from engine.backend.namespace import cuda_device_count


class MatmulSettings:
    """How float32 products may be rounded: programs may say it, the variable CUPY_TF32 decides it."""

    allow_tf32: bool = False
    allow_fp16_reduced_precision_reduction: bool = True
    allow_bf16_reduced_precision_reduction: bool = True


matmul = MatmulSettings()


def is_built() -> bool:
    """Whether CuPy finds a device."""
    return cuda_device_count() > 0
