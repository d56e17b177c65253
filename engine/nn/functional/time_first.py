"""Convolution of sequences that lie along the first dimension."""

from __future__ import annotations

from typing import Any

from engine.nn.functional.convolution import conv1d


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """Convolution of [time, batch, channels] with [kernel, channels in, channels out] (torch.conv_tbc)."""
    for name, each, rank in (("input", input, 3), ("weight", weight, 3), ("bias", bias, 1)):
        if each.ndim != rank:
            raise RuntimeError(f"conv_tbc: {name} must have {rank} dims, got shape {list(each.shape)}")
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)
