"""cupy.lib, of which the project uses stride tricks alone."""

from cupy.lib import stride_tricks

__all__ = ["stride_tricks"]
