"""Training loops: what a step is, and the story of a run around it."""

from recipes.loops.loop import Interrupted, Loop
from recipes.loops.supervised import Supervised

__all__ = ["Interrupted", "Loop", "Supervised"]
