"""Switches that PyTorch's programs set at their beginning, and what each of them does here."""

from __future__ import annotations

import warnings
from typing import Any

from engine.backend.device import get_default_device, set_default_device
from engine.creation import set_default_dtype
from engine.tensors.named_types import NamedType, read_type

PRECISIONS = ("highest", "high", "medium")
DEBUG_MODES = ("default", "warn", "error")


class _Settings:
    precision = "highest"
    debug_mode = 0


_settings = _Settings()


def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype, and with a type of CUDA's tensors the default device, by a type's first name."""
    kind, place = (t.dtype, "cpu") if isinstance(t, NamedType) else read_type(str(t))
    set_default_dtype(kind)
    set_default_device(place)


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was told, `highest` at the start."""
    return _settings.precision


def set_float32_matmul_precision(precision: str) -> None:
    """Remember `highest`, `high` or `medium`; products are computed in float32 whichever it is.

    Another word warns and changes nothing, as in PyTorch. On a GPU CUPY_TF32=1 in the environment allows TF32.
    """
    if precision not in PRECISIONS:
        warnings.warn(f"{precision} is not one of {', '.join(PRECISIONS)}; nothing is changed", stacklevel=2)
        return
    _settings.precision = precision


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Remember the wish. On the CPU results have the same bits each time anyway; on a GPU float scatters may not."""
    _settings.debug_mode = 0 if not mode else 1 if warn_only else 2


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was told so."""
    return _settings.debug_mode > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was told to warn only."""
    return _settings.debug_mode == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """The same wish by a word or number: 0 `default`, 1 `warn`, 2 `error`; raises RuntimeError for others."""
    number = DEBUG_MODES.index(debug_mode) if debug_mode in DEBUG_MODES else debug_mode
    if number not in range(len(DEBUG_MODES)):
        raise RuntimeError(
            f"invalid value of debug_mode, expected one of `{'`, `'.join(DEBUG_MODES)}` or 0 to 2, but got {debug_mode}"
        )
    _settings.debug_mode = int(number)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2, as `set_deterministic_debug_mode` has it."""
    return _settings.debug_mode


def set_flush_denormal(mode: bool) -> bool:
    """False: the smallest numbers are never taken for zero, whatever `mode` says (torch.set_flush_denormal)."""
    return False


def get_num_interop_threads() -> int:
    """1: operations run one after another (torch.get_num_interop_threads)."""
    return 1


def set_num_interop_threads(num_threads: int) -> None:
    """Do nothing: operations run one after another; raises RuntimeError for less than one thread."""
    if num_threads < 1:
        raise RuntimeError(f"set_num_interop_threads expects a positive integer, got {num_threads}")


__all__ = [
    "are_deterministic_algorithms_enabled",
    "get_default_device",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_num_interop_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "set_default_device",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "use_deterministic_algorithms",
]
