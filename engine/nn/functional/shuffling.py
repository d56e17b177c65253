"""Channels traded for pixels, and channels in another order."""

from engine.ops.signals.shuffling import channel_shuffle, pixel_shuffle, pixel_unshuffle

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]
