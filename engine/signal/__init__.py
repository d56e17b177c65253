"""Signal processing under the names of torch.signal."""

from engine.signal import windows

__all__ = ["windows"]
